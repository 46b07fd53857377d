"""What the pages say and how they are built: every page, whatever the corpus holds."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
from report_corpus import (
    CLOSING,
    HOSTILE,
    Page,
    add_measured,
    add_run,
    data_of,
    evaluation,
    network,
    recipe,
)

from catta.corpus import Corpus
from catta.errors import UsageError
from catta.graphs import Graph, GraphNode
from catta.report import Built, write_report
from catta.report.rendering import POLICY
from catta.report.wording import UNKNOWN as DASH


def report(corpus: Corpus, path: Path, **others: object) -> Built:
    return write_report(corpus, path / "out", **others)  # type: ignore[arg-type]


def test_there_is_a_page_for_everything(built: Built, corpus: Corpus) -> None:
    names = {str(path.relative_to(built.directory)) for path in built.directory.rglob("*.html")}
    admitted = [
        c for run in corpus.runs.all() for c in corpus.runs.candidates(run.id) if c.admitted
    ]
    runs = {f"runs/{name}.html" for name in ("calm-lemur", "busy-lemur", "just-begun")}
    assert {"index.html", "leaderboard.html", *runs} <= names
    networks = {f"networks/{(c.network_id or '').replace(':', '-')}.html" for c in admitted}
    assert admitted
    assert networks <= names
    assert built.networks == len(names) - len(runs) - 2
    assert built.bytes == sum(f.stat().st_size for f in built.directory.rglob("*") if f.is_file())


def test_hostile_names_are_text(pages: list[Path]) -> None:
    shown = 0
    for path in pages:
        page = Page(path)
        shown += HOSTILE in page.text
        assert CLOSING not in page.raw
        assert HOSTILE not in page.raw
        assert not [image for image in page.of("img") if image.get("src") == "x"]
        for name, values in page.elements:
            assert not [key for key in values if key.startswith("on")], (path, name)
    assert shown


def test_hostile_names_in_data_end_no_script(built: Built) -> None:
    text = (built.directory / "data/leaderboard.js").read_text(encoding="ascii")
    assert not re.search(r"[<>&\u2028\u2029]", text)
    assert HOSTILE in data_of(built.directory / "data/leaderboard.js")["nn"]
    assert CLOSING in data_of(built.directory / "data/leaderboard.js")["nn"]


def test_pages_hold_no_code_and_no_styles(pages: list[Path]) -> None:
    for path in pages:
        page = Page(path)
        (policy,) = [m for m in page.of("meta") if m.get("http-equiv")]
        assert policy["content"] == POLICY
        assert not page.of("style")
        assert all(script.get("src") and "defer" in script for script in page.of("script"))
        assert not [name for name, values in page.elements if "style" in values]


def test_links_lead_somewhere_within_the_folder(pages: list[Path]) -> None:
    ids = {path: {v["id"] for _, v in Page(path).elements if "id" in v} for path in pages}
    followed = 0
    for path in pages:
        page = Page(path)
        links = [(v.get("href") or v.get("src") or "") for _, v in page.elements]
        for link in filter(None, links):
            if link == "data:,":
                continue
            assert not re.match(r"\w+:", link), link
            target, _, anchor = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            assert file.is_file(), f"{path}: {link}"
            if anchor and file.suffix == ".html" and "=" not in anchor:
                assert anchor in ids[file], f"{path}: {link}"
            followed += 1
    assert followed > 100


def test_pages_are_accessible_in_their_structure(pages: list[Path]) -> None:
    for path in pages:
        page = Page(path)
        names = [name for name, _ in page.elements]
        assert [names.count(name) for name in ("h1", "main", "nav", "header", "footer")] == [1] * 5
        levels = [int(name[1]) for name in names if re.fullmatch(r"h[1-6]", name)]
        assert all(b <= a + 1 for a, b in pairwise(levels)), levels
        assert page.of("html")[0]["lang"] == "en"
        assert next(v for n, v in page.elements if n == "a")["href"] == "#content"
        ids = [v["id"] for _, v in page.elements if "id" in v]
        assert len(ids) == len(set(ids))
        for _, values in page.elements:
            if "aria-labelledby" in values:
                assert values["aria-labelledby"] in ids
            if values.get("role") in ("img", "region"):
                assert values.get("aria-label") or values.get("aria-labelledby")
        assert all(image.get("alt") for image in page.of("img"))
        assert all(cell.get("scope") for cell in page.of("th"))


def test_an_empty_corpus_gets_a_sentence(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        built = report(corpus, tmp_path)
    assert (built.rows, built.runs, built.networks) == (0, 0, 0)
    assert "This corpus is empty" in Page(built.index).text
    assert "Nothing has been measured yet" in Page(built.directory / "leaderboard.html").text


def test_networks_without_measurements(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        corpus.networks.add([network(1, "one")])
        built = report(corpus, tmp_path)
    assert "1 network; nothing has been measured yet" in Page(built.index).text


def test_one_measurement(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        one = network(1, "one")
        corpus.networks.add([one])
        corpus.evaluations.add(evaluation(one, recipe(), [0.5]), recipe())
        built = report(corpus, tmp_path)
    page = Page(built.index)
    assert "1 measurement of 1 network on 1 problem" in page.text
    (row,) = page.rows("summary")
    assert (row["Mean"], row["Deviation"], row["95 % interval"]) == ("0.5000", DASH, DASH)
    (row,) = page.rows("ranks")
    assert (row["Spearman"], row["Kendall"]) == (DASH, DASH)
    assert "nan" not in page.text.lower().replace("nand", "")


def test_equal_values(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        networks = [network(n, f"{'ab'[n % 2]}-{n}") for n in range(30)]
        corpus.networks.add(networks)
        found = [evaluation(n, recipe(), [0.25, 0.25]) for n in networks]
        corpus.evaluations.add_many(found, recipe())
        built = report(corpus, tmp_path)
    (row,) = Page(built.index).rows("summary")
    assert (row["Mean"], row["Deviation"], row["Best"]) == ("0.2500", "0.0000", "0.2500")
    assert set(data_of(built.directory / "data/leaderboard.js")["rank"]) == {1}


def test_lower_is_better_where_it_is(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        by = recipe("python-docs", task="txt-generation", metric="perplexity")
        networks = [network(n, f"net-{n}") for n in range(3)]
        corpus.networks.add(networks)
        found = [evaluation(n, by, [30.0 + k]) for k, n in enumerate(networks)]
        corpus.evaluations.add_many(found, by)
        built = report(corpus, tmp_path)
    data = data_of(built.directory / "data/leaderboard.js")
    assert (data["nn"][0], data["rank"][0], data["best"][0]) == ("net-0", 1, 30.0)
    assert data["problems"] == [["txt-generation", "python-docs", "perplexity", False]]
    (row,) = Page(built.index).rows("summary")
    assert row["Best"] == "30.00"


def test_a_run_that_goes_on(built: Built) -> None:
    page = Page(built.directory / "runs/busy-lemur.html")
    assert "not finished" in page.text
    assert "It comes when the run is finished" in page.text
    assert [row["Cycle"] for row in page.rows("cycles")] == ["1", "2", "3 open"]


def test_a_run_that_has_just_begun(built: Built) -> None:
    page = Page(built.directory / "runs/just-begun.html")
    assert "no candidates yet" in page.text
    assert "cycles" not in page.tables


def test_the_assessment(built: Built) -> None:
    (row,) = Page(built.directory / "runs/calm-lemur.html").rows("assessment")
    assert (row["Validation"], row["Test"]) == ("0.6100", "0.5900")


def test_only_the_runs_that_are_asked_for(corpus: Corpus, tmp_path: Path) -> None:
    found = report(corpus, tmp_path, runs=["calm"])
    assert [path.name for path in found.directory.glob("runs/*")] == ["calm-lemur.html"]
    with pytest.raises(UsageError, match="nobody"):
        report(corpus, tmp_path, runs=["nobody"])


def test_the_page_of_a_network_says_all(built: Built, corpus: Corpus) -> None:
    admitted = [c for c in corpus.runs.candidates("calm-lemur") if c.admitted]
    c = admitted[-1]
    assert c.network_id
    assert c.nearest
    page = Page(built.directory / f"networks/{c.network_id.replace(':', '-')}.html")
    assert "class Net(nn.Module)" in page.text
    assert "+++ " in page.text
    assert "0.500 of their shingles" in page.text
    assert f"catta train {c.network_id}" in page.text
    assert "--dataset mnist" in page.text
    assert "--prm lr=0.002" in page.text


def test_building_twice_gives_the_same_data(corpus: Corpus, built: Built, tmp_path: Path) -> None:
    again = report(corpus, tmp_path)
    for path in sorted(built.directory.glob("data/*")):
        assert path.read_bytes() == (again.directory / "data" / path.name).read_bytes()


def test_names_of_runs_are_no_paths(tmp_path: Path) -> None:
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        add_measured(corpus)
        add_run(corpus, "../../escape <b>")
        built = report(corpus, tmp_path)
    (page,) = built.directory.glob("runs/*")
    assert page.parent.parent == built.directory
    assert not list(tmp_path.glob("escape*"))


def test_graphs_and_motifs(tmp_path: Path) -> None:
    nodes = (
        GraphNode(operator="input", shape=(2, 3, 8, 8)),
        GraphNode(operator="conv2d", inputs=(0,), shape=(2, 4, 8, 8), module=HOSTILE),
        GraphNode(operator="relu", inputs=(1,), shape=(2, 4, 8, 8)),
        GraphNode(operator="output", inputs=(2,), shape=(2, 4, 8, 8)),
    )
    with Corpus.open(tmp_path / "c.sqlite") as corpus:
        add_run(corpus)
        candidates = corpus.runs.candidates("calm-lemur")
        ids = [c.network_id for c in candidates if c.network_id]
        corpus.graphs.save({(i, "img-classification"): Graph(nodes) for i in ids})
        built = report(corpus, tmp_path)
    run = Page(built.directory / "runs/calm-lemur.html")
    (row,) = [row for row in run.rows("motifs") if row["Motif"] == "relu"]
    admitted = sum(c.admitted for c in candidates)
    assert row[f"Admitted, n = {admitted}"] == "100.0 %"
    path = next(iter(sorted(built.directory.glob("networks/*"))))
    page = Page(path)
    assert "2 operators" in page.text
    assert "2 \N{MULTIPLICATION SIGN} 4 \N{MULTIPLICATION SIGN} 8" in page.text
    assert HOSTILE in page.text
    drawings = list(built.directory.glob("graphs/network-*.svg"))
    if shutil.which("dot"):
        assert len(drawings) == built.networks
        assert not any(HOSTILE in drawing.read_text() for drawing in drawings)
    else:
        assert "Graphviz" in page.text
