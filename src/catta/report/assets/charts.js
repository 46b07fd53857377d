// Charts to explore, drawn by plotly.js. Each has a table beside it or elsewhere in the report.
"use strict";
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const palette = () => ["--blue", "--orange", "--green", "--red", "--purple", "--sky"].map(colour);
  const symbols = ["circle", "diamond", "square", "triangle-up", "cross", "star"];
  const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: "reset" };
  // Texts of the corpus are shown as they are: plotly.js reads a few tags and entities in labels.
  const literal = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

  function layout(x, y, extra = {}) {
    const axis = { gridcolor: colour("--line"), linecolor: colour("--line"), zeroline: false, tickcolor: colour("--line") };
    return {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: colour("--muted") },
      margin: { l: 72, r: 24, t: 16, b: 64 }, hovermode: "closest",
      hoverlabel: { bgcolor: colour("--ground"), bordercolor: colour("--line"), font: { color: colour("--ink"), size: 13 }, align: "left" },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, itemsizing: "constant" },
      xaxis: { ...axis, ...x }, yaxis: { ...axis, ...y }, transition: { duration: still.matches ? 0 : 150 }, ...extra,
    };
  }

  function follow(chart, draw) {
    draw();
    // plotly.js measures texts in an element of its own, which is for nobody to hear.
    document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true");
    dark.addEventListener("change", draw);
    const tools = document.querySelector(`[data-chart-tools="${chart.id.replace("-chart", "")}"]`);
    for (const button of tools ? tools.querySelectorAll("[data-zoom]") : []) {
      button.addEventListener("click", () => zoom(chart, Number(button.dataset.zoom)));
    }
  }

  function zoom(chart, factor) {
    const change = {};
    for (const name of ["xaxis", "yaxis"]) {
      if (!factor) { change[`${name}.autorange`] = true; continue; }
      const [low, high] = chart.layout[name].range;
      const middle = (low + high) / 2, half = ((high - low) / 2) * factor;
      change[`${name}.range`] = [middle - half, middle + half];
    }
    window.Plotly.relayout(chart, change);
  }

  // The overview: networks of one problem, in the colours of the largest families.
  function explore() {
    const data = window.cattaData.leaderboard;
    const chart = document.getElementById("explore-chart");
    const problem = document.getElementById("explore-problem");
    const against = document.getElementById("explore-x");
    const titles = {
      first: "value after the first epoch", seconds: "seconds of training", epoch: "epoch of the best value",
      count: "measurements of the network", parameters: "parameters",
    };
    for (const option of [...against.options]) {
      if (!data[option.value].some((value) => value !== null)) option.remove();
    }
    const draw = () => {
      const place = Number(problem.value), key = against.value;
      const rows = [];
      for (let row = 0; row < data.nn.length; row++) {
        if (data.problem[row] === place && data[key][row] !== null && (key === "first" || data[key][row] > 0)) rows.push(row);
      }
      const sizes = new Map();
      for (const row of rows) sizes.set(data.family[row], (sizes.get(data.family[row]) || 0) + 1);
      const large = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 6).map(([family]) => family);
      const traces = [...large, null].map((family, number) => {
        const own = rows.filter((row) => (family === null ? !large.includes(data.family[row]) : data.family[row] === family));
        return {
          type: "scatter", mode: "markers", name: family === null ? `others (${own.length})` : `${literal(data.families[family])} (${own.length})`,
          x: own.map((row) => data[key][row]), y: own.map((row) => data.best[row]),
          text: own.map((row) => literal(data.nn[row])), customdata: own,
          hovertemplate: "%{text}<br>best %{y:.4f}<br>%{x:,.4~g} " + titles[key] + "<extra></extra>",
          marker: { size: 6, opacity: family === null ? .45 : .7, color: family === null ? colour("--muted") : palette()[number], symbol: family === null ? "circle-open" : symbols[number] },
        };
      }).filter((trace) => trace.x.length).reverse();
      const [, dataset, metric] = data.problems[place];
      const log = ["seconds", "count", "parameters"].includes(key);
      window.Plotly.react(chart, traces, layout(
        { title: { text: titles[key], standoff: 8 }, type: log ? "log" : "linear", ...(log ? { dtick: 1 } : {}) },
        { title: { text: `${literal(metric)} at best` } }, { legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, traceorder: "reversed" } }), config);
      document.getElementById("explore-caption").textContent =
        `${rows.length.toLocaleString("en")} networks on ${dataset}: their best ${metric} against the ${titles[key]}.`;
    };
    problem.addEventListener("change", draw);
    against.addEventListener("change", draw);
    follow(chart, draw);
  }

  // A run: a point is a candidate that was trained.
  function candidates() {
    const chart = document.getElementById("candidates-chart");
    const data = window.cattaData[chart.dataset.key];
    const select = document.getElementById("candidates-x");
    const titles = { cycle: "cycle", parameters: "parameters", flops: "FLOPs", nearest: "similarity to the nearest known network" };
    const draw = () => {
      const key = select.value;
      const groups = [["not admitted", 0, "--muted", "circle-open"], ["admitted", 1, "--blue", "circle"]];
      const traces = groups.map(([name, admitted, tone, symbol]) => {
        const own = data.accuracy.map((_, row) => row).filter((row) => data.admitted[row] === admitted && data[key][row] !== null);
        return {
          type: "scatter", mode: "markers", name: `${name} (${own.length})`,
          // Within a cycle, candidates stand beside each other in the order in which they came.
          x: own.map((row) => data[key][row] + (key === "cycle" ? 0.7 * (data.index[row] / Math.max(1, data.widest) - 0.5) : 0)),
          y: own.map((row) => data.accuracy[row]), customdata: own,
          text: own.map((row) => `cycle ${data.cycle[row]}, candidate ${data.index[row]}<br>${literal(data.id[row])}`),
          hovertemplate: "%{y:.4f}<br>%{text}<extra></extra>",
          marker: { size: 8, color: colour(tone), symbol, opacity: .8 },
        };
      }).filter((trace) => trace.x.length);
      const log = key === "parameters" || key === "flops";
      window.Plotly.react(chart, traces, layout(
        { title: { text: titles[key], standoff: 8 }, type: log ? "log" : "linear", ...(key === "cycle" ? { dtick: 1 } : {}) },
        { title: { text: "validation accuracy" } },
        { shapes: data.threshold === null ? [] : [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: data.threshold, y1: data.threshold, line: { color: colour("--red"), dash: "dot", width: 1.5 } }] }), config);
    };
    select.addEventListener("change", draw);
    follow(chart, draw);
    chart.on("plotly_click", (event) => {
      const page = data.page[event.points[0].customdata];
      if (page) location.href = page;
    });
  }

  // A network: its trainings, epoch by epoch.
  function curves() {
    const chart = document.getElementById("curves-chart");
    const data = window.cattaData[chart.dataset.key];
    const draw = () => {
      const traces = data.map((curve, number) => ({
        type: "scatter", mode: "lines+markers", name: literal(curve.name), x: curve.epoch, y: curve.value,
        line: { color: palette()[number % 6], width: 2 }, marker: { symbol: symbols[number % 6], size: 6 },
        hovertemplate: "epoch %{x}: %{y:.4f}<extra></extra>",
      }));
      window.Plotly.react(chart, traces, layout({ title: { text: "epoch", standoff: 8 }, rangemode: "tozero" }, { title: { text: "value of the metric" } }), config);
    };
    follow(chart, draw);
  }

  const known = { "explore-chart": explore, "candidates-chart": candidates, "curves-chart": curves };
  const start = () => { for (const [id, draw] of Object.entries(known)) if (document.getElementById(id)) draw(); };
  // The page is painted before a chart is drawn.
  requestAnimationFrame(() => setTimeout(start));
})();
