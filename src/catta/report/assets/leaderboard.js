// The leaderboard: search, filters, sorting, pages. Texts of the corpus only ever become text nodes.
"use strict";
(() => {
  const data = window.cattaData.leaderboard;
  const total = data.nn.length;
  const lower = data.nn.map((name) => name.toLowerCase());
  const fields = ["task", "dataset", "metric"];
  const element = (id) => document.getElementById(id);
  const body = document.querySelector("#leaders tbody");
  const heads = [...document.querySelectorAll("#leaders th[data-key]")];
  const shown = new Set(heads.map((head) => head.dataset.key));
  const state = { key: "rank", down: false, page: 0, size: 50, rows: [] };
  const dash = "–";

  const measure = (value) => {
    if (value === null) return dash;
    return Math.abs(value) < 10 ? value.toFixed(4) : value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  };
  const amount = (value) => {
    if (value === null) return dash;
    const unit = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([size]) => value >= size);
    if (!unit) return value.toLocaleString("en");
    const scaled = value / unit[0];
    return `${scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)} ${unit[1]}`;
  };
  const number = (value, digits = 0) => (value === null ? dash
    : value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));

  // Comparable values of a column; what is unknown comes last, whichever way it is sorted.
  const values = {
    nn: (row) => lower[row],
    problem: (row) => data.problem[row],
    family: (row) => data.families[data.family[row]],
  };
  const value = (key, row) => (values[key] ? values[key](row) : data[key][row]);

  function options(id, texts) {
    for (const text of texts) {
      const option = document.createElement("option");
      option.value = option.textContent = text;
      element(id).append(option);
    }
  }

  function cell(kind, text, classes, title) {
    const made = document.createElement(kind);
    if (classes) made.className = classes;
    if (title) made.title = title;
    made.append(text);
    return made;
  }

  function line(row) {
    const made = document.createElement("tr");
    const [task, dataset, metric] = data.problems[data.problem[row]];
    const name = data.nn[row];
    const head = cell("th", "", "", name);
    head.scope = "row";
    if (data.pages[row]) {
      const link = document.createElement("a");
      link.href = data.pages[row];
      link.textContent = name;
      head.append(link);
    } else head.textContent = name;
    const problem = cell("td", `${dataset}, ${metric} `, "", task);
    problem.append(cell("span", task, "muted"));
    made.append(
      cell("td", number(data.rank[row]), "number"), head, problem,
      cell("td", data.families[data.family[row]], "wide"),
      cell("td", measure(data.best[row]), "number"), cell("td", number(data.epoch[row]), "number wide"),
      cell("td", measure(data.first[row]), "number wide"), cell("td", number(data.seconds[row], 1), "number wide"),
      cell("td", number(data.count[row]), "number wide"),
    );
    if (shown.has("parameters")) made.append(cell("td", amount(data.parameters[row]), "number wide"));
    return made;
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(state.rows.length / state.size));
    state.page = Math.min(state.page, pages - 1);
    const from = state.page * state.size;
    const rows = state.rows.slice(from, from + state.size);
    body.replaceChildren(...rows.map(line));
    if (!rows.length) {
      const none = cell("td", "No network fits; clear a filter or the search.");
      none.colSpan = heads.length;
      const made = document.createElement("tr");
      made.append(none);
      body.append(made);
    }
    element("previous").disabled = state.page === 0;
    element("next").disabled = state.page >= pages - 1;
    const of = state.rows.length === total ? number(total) : `${number(state.rows.length)} of ${number(total)}`;
    element("status").textContent = rows.length
      ? `Rows ${number(from + 1)} to ${number(from + rows.length)} of ${of}` : `No rows of ${number(total)}`;
  }

  function sort() {
    const sign = state.down ? -1 : 1;
    const key = state.key;
    state.rows.sort((a, b) => {
      const x = value(key, a), y = value(key, b);
      if (x === y) return a - b;
      if (x === null) return 1;
      if (y === null) return -1;
      return x < y ? -sign : sign;
    });
    for (const head of heads) {
      if (head.dataset.key === key) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  function filter() {
    const words = element("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = fields.map((field) => element(field).value);
    const fits = data.problems.map((problem) => wanted.every((text, place) => !text || text === problem[place]));
    const family = element("family").value;
    state.rows = [];
    for (let row = 0; row < total; row++) {
      if (fits[data.problem[row]] && (!family || data.families[data.family[row]] === family)
        && words.every((word) => lower[row].includes(word))) state.rows.push(row);
    }
    state.page = 0;
    sort();
    draw();
  }

  // What is chosen stands behind the # of the address, so that it can be linked to.
  const chosen = ["q", ...fields, "family"];
  function remember() {
    const words = new URLSearchParams();
    for (const id of chosen) if (element(id).value) words.set(id, element(id).value);
    history.replaceState(null, "", `#${words}`);
  }
  function recall() {
    const words = new URLSearchParams(location.hash.slice(1));
    for (const id of chosen) element(id).value = words.get(id) || "";
    for (const id of fields.concat("family")) if (element(id).selectedIndex < 0) element(id).value = "";
    filter();
  }

  fields.forEach((field, place) => options(field, [...new Set(data.problems.map((problem) => problem[place]))].sort()));
  options("family", data.families.filter(Boolean));
  element("filters").addEventListener("submit", (event) => event.preventDefault());
  element("filters").addEventListener("input", () => { filter(); remember(); });
  element("size").addEventListener("change", (event) => { state.size = Number(event.target.value); state.page = 0; draw(); });
  for (const [id, step] of [["previous", -1], ["next", 1]]) {
    element(id).addEventListener("click", () => { state.page += step; draw(); });
  }
  for (const head of heads) {
    head.querySelector("button").addEventListener("click", () => {
      const key = head.dataset.key;
      const first = !["rank", "nn", "problem", "family", "epoch", "seconds"].includes(key);
      state.down = state.key === key ? !state.down : first;
      state.key = key;
      state.page = 0;
      sort();
      draw();
    });
  }
  window.addEventListener("hashchange", recall);
  recall();
})();
