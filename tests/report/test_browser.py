"""The report in a real browser, opened from disk: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from report_corpus import CLOSING, HOSTILE

from catta.report import Built
from catta.report.embedding import write_data

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]

ROWS = 10_000
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@dataclass
class Watched:
    """A page, and what it said and asked for since it was opened."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, path: Path, anchor: str = "") -> Any:
        self.page.goto(path.as_uri() + anchor)
        return self.page

    def drawn(self, path: Path, chart: str) -> Any:
        """Open a page and wait until its chart is there."""
        self.open(path)
        self.page.wait_for_selector(f"#{chart} .main-svg")
        return self.page


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def watch(browser: Any) -> Iterator[Callable[..., Watched]]:
    contexts: list[Any] = []

    def make(**options: Any) -> Watched:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.on("console", lambda message: watched.said.append(message.text))
        watched.page.on("pageerror", lambda error: watched.said.append(str(error)))
        watched.page.on("request", lambda request: watched.asked.append(request.url))
        return watched

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def network_page(built: Built) -> Path:
    return sorted(built.directory.glob("networks/*.html"))[0]


@pytest.fixture(scope="module")
def large(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The leaderboard's page with ten thousand rows."""
    folder = tmp_path_factory.mktemp("large") / "out"
    shutil.copytree(built.directory, folder)
    numbers = list(range(ROWS))
    data = {
        "problems": [["img-classification", "cifar-10", "acc", True], ["t", "mnist", "acc", True]],
        "families": ["alt", "ga"],
        "nn": [f"net-{n:05}" for n in numbers],
        "problem": [n % 2 for n in numbers],
        "family": [n % 2 for n in numbers],
        "rank": [1 + n // 2 for n in numbers],
        "best": [1 - n / ROWS for n in numbers],
        "epoch": [1 + n % 50 for n in numbers],
        "first": [None if n % 3 else n / ROWS for n in numbers],
        "count": [1 + n % 7 for n in numbers],
        "seconds": [float(n) for n in numbers],
        "parameters": [None] * ROWS,
        "flops": [None] * ROWS,
        "measured": [0] * ROWS,
        "pages": {},
    }
    write_data(folder / "data/leaderboard.js", "leaderboard", data)
    return folder / "leaderboard.html"


def status(page: Any) -> str:
    return page.inner_text("#status")


def column(page: Any, place: int) -> list[str]:
    cells: list[str] = page.eval_on_selector_all(
        f"#leaders tbody tr > :nth-child({place})", "all => all.map(c => c.textContent)"
    )
    return cells


def labels(page: Any, chart: str) -> list[str]:
    """What each point of a chart says when the mouse is over it.

    Asked of the chart and not by a mouse, which misses points that are still moving to their place.
    """
    points = page.eval_on_selector(
        f"#{chart}", "chart => chart.data.flatMap((t, c) => t.x.map((_, p) => [c, p]))"
    )
    found: list[str] = []
    for curve, point in points:
        at = {"curveNumber": curve, "pointNumber": point}
        page.wait_for_timeout(100)  # within 50 ms of the last time it only happens later
        page.evaluate("([chart, at]) => Plotly.Fx.hover(chart, [at])", [chart, at])
        found.append(page.text_content(f"#{chart} .hovertext"))
    return found


def test_pages_open_from_disk_and_ask_nobody(
    watch: Callable[..., Watched], built: Built, network_page: Path
) -> None:
    seen = watch()
    seen.drawn(built.index, "explore-chart")
    seen.open(built.directory / "leaderboard.html")
    seen.drawn(built.directory / "runs/calm-lemur.html", "candidates-chart")
    seen.open(built.directory / "runs/just-begun.html")
    seen.drawn(network_page, "curves-chart")
    assert seen.said == []
    assert seen.asked
    outside = [
        url for url in seen.asked if not url.startswith((built.directory.as_uri(), "data:,"))
    ]
    assert outside == []


def test_a_hostile_name_is_text(watch: Callable[..., Watched], built: Built) -> None:
    seen = watch()
    page = seen.open(built.directory / "leaderboard.html", "#q=alert")
    assert set(column(page, 2)) == {HOSTILE, CLOSING}
    page = seen.drawn(built.index, "explore-chart")
    page.select_option("#explore-problem", label="img-classification, fashion-mnist, acc (3)")
    page.wait_for_function("document.getElementById('explore-caption').textContent[0] === '3'")
    shown = labels(page, "explore-chart")
    assert len(shown) == 3
    assert any(HOSTILE in label for label in shown)
    assert any(CLOSING in label for label in shown)
    assert page.locator("img[src=x]").count() == 0
    assert seen.said == []


def test_sorting_by_keyboard(watch: Callable[..., Watched], large: Path) -> None:
    page = watch().open(large)
    page.focus("th[data-key=nn] button")
    page.keyboard.press("Enter")
    assert page.get_attribute("th[data-key=nn]", "aria-sort") == "ascending"
    assert page.get_attribute("th[data-key=rank]", "aria-sort") is None
    assert column(page, 2)[0] == "net-00000"
    page.keyboard.press("Space")
    assert page.get_attribute("th[data-key=nn]", "aria-sort") == "descending"
    assert column(page, 2)[0] == "net-09999"
    page.focus("th[data-key=first] button")
    page.keyboard.press("Enter")  # what is unknown comes last, both ways
    assert page.get_attribute("th[data-key=first]", "aria-sort") == "descending"
    assert column(page, 7)[0] == "0.9999"
    page.keyboard.press("Enter")
    assert column(page, 7)[0] == "0.0000"


def test_searching_and_filtering_by_keyboard(watch: Callable[..., Watched], large: Path) -> None:
    page = watch().open(large)
    assert status(page) == "Rows 1 to 50 of 10,000"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.focus("#q")
    page.keyboard.type("NET-0999")
    assert status(page) == "Rows 1 to 10 of 10 of 10,000"
    page.focus("#family")
    page.keyboard.type("ga")
    assert status(page) == "Rows 1 to 5 of 5 of 10,000"
    assert set(column(page, 4)) == {"ga"}
    assert "q=NET-0999" in page.url
    page.reload()
    assert status(page) == "Rows 1 to 5 of 5 of 10,000"
    page.focus("#q")
    page.keyboard.type("nothing")
    assert status(page) == "No rows of 10,000"
    assert "No network fits" in page.inner_text("#leaders tbody")


def test_paging_through_ten_thousand_rows(watch: Callable[..., Watched], large: Path) -> None:
    page = watch().open(large)
    page.select_option("#size", "500")
    for _ in range(19):
        page.focus("#next")
        page.keyboard.press("Enter")
    assert status(page) == "Rows 9,501 to 10,000 of 10,000"
    assert page.is_disabled("#next")
    assert len(column(page, 2)) == 500
    page.focus("#previous")
    page.keyboard.press("Enter")
    assert status(page) == "Rows 9,001 to 9,500 of 10,000"


def test_a_link_to_a_problem_filters(watch: Callable[..., Watched], built: Built) -> None:
    page = watch().open(built.index)
    page.click("text=cifar-10")
    page.wait_for_url("**/leaderboard.html#*")
    assert status(page) == "Rows 1 to 24 of 24 of 87"
    assert page.input_value("#dataset") == "cifar-10"


def test_a_page_without_scripts_has_its_numbers(
    watch: Callable[..., Watched], built: Built
) -> None:
    page = watch(java_script_enabled=False).open(built.directory / "leaderboard.html")
    assert page.locator("#leaders tbody tr").count() == 50
    page = watch(java_script_enabled=False).open(built.directory / "runs/calm-lemur.html")
    assert page.locator("svg.plot").count() == 6


def test_the_chart_zooms_by_buttons(watch: Callable[..., Watched], built: Built) -> None:
    page = watch().drawn(built.index, "explore-chart")
    asked = "document.getElementById('explore-chart').layout.xaxis.range"
    before = page.evaluate(asked)
    page.focus("[data-chart-tools=explore] [data-zoom='0.6']")
    page.keyboard.press("Enter")
    page.wait_for_function(f"{asked}[0] > {before[0]}")
    after = page.evaluate(asked)
    assert after[1] - after[0] == pytest.approx(0.6 * (before[1] - before[0]))
    page.click("[data-chart-tools=explore] [data-zoom='0']")
    page.wait_for_function(f"{asked}[0] === {before[0]}")


def test_an_admitted_candidate_leads_to_its_page(
    watch: Callable[..., Watched], built: Built
) -> None:
    page = watch().drawn(built.directory / "runs/calm-lemur.html", "candidates-chart")
    page.locator("#candidates-chart .scatterlayer .trace").last.locator(".point").first.hover(
        force=True
    )
    page.mouse.down()
    page.mouse.up()
    page.wait_for_url("**/networks/*.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_telephone(
    scheme: str, watch: Callable[..., Watched], built: Built, network_page: Path
) -> None:
    seen = watch(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    run = built.directory / "runs/calm-lemur.html"
    for path in (built.index, built.directory / "leaderboard.html", run, network_page):
        page = seen.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path


def test_the_layout_does_not_shift(
    watch: Callable[..., Watched], large: Path, built: Built
) -> None:
    seen = watch()
    for path in (large, built.index):
        page = seen.open(path)
        page.wait_for_load_state("networkidle")
        shifted = page.evaluate(
            """() => new Promise(done => new PerformanceObserver(list => done(
                list.getEntries().reduce((sum, entry) => sum + entry.value, 0)
            )).observe({type: 'layout-shift', buffered: true}) || setTimeout(() => done(0), 300))"""
        )
        assert shifted < 0.02, path


def test_the_accessibility_tree_has_names(watch: Callable[..., Watched], built: Built) -> None:
    page = watch().drawn(built.index, "explore-chart")
    for role in ("button", "link", "combobox", "img", "region", "table"):
        for element in page.get_by_role(role).all():
            if element.evaluate("e => e.parentElement.closest('[role=img]') !== null"):
                continue  # parts of a picture that has a name
            name = element.evaluate(
                "e => e.ariaLabel || e.textContent.trim() || (e.labels && e.labels[0]?.textContent)"
                " || e.getAttribute('aria-labelledby')"
            )
            assert name, (role, element.evaluate("e => e.outerHTML.slice(0, 200)"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    scheme: str, watch: Callable[..., Watched], built: Built, network_page: Path
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    seen = watch(color_scheme=scheme, reduced_motion="reduce")
    opened = {
        built.index: "explore-chart",
        built.directory / "leaderboard.html": None,
        built.directory / "runs/calm-lemur.html": "candidates-chart",
        network_page: "curves-chart",
    }
    for path, chart in opened.items():
        page = seen.drawn(path, chart) if chart else seen.open(path)
        found = axe.run(page, options=RULES).response["violations"]
        assert [
            (violation["id"], [node["html"][:160] for node in violation["nodes"][:3]])
            for violation in found
        ] == [], path
