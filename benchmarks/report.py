"""The report: what building it costs, and how soon its pages are painted.

    python benchmarks/report.py CORPUS [DIR]

Wall-clock and CPU seconds of the building, the latter with those of the processes that lay out
drawings; peak memory of this process. Then each kind of page is opened from disk in headless
Chromium, five times in a fresh profile: first paint and first contentful paint by the Performance
API, and the time until the data are there and the table or chart is drawn; the median counts.
Beside it: the limit that the project has set. DIR keeps the report; without it, it is deleted.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from catta.report import Built, write_report

REPEATS = 5
BUILD_SECONDS, BUILD_MB = 60, 2_000
PAINTS = """() => Object.fromEntries(
    performance.getEntriesByType('paint').map(entry => [entry.name, entry.startTime]))"""


def cpu_seconds() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    own, others = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def build(corpus: str, directory: Path) -> Built:
    wall, cpu = time.perf_counter(), cpu_seconds()
    built = write_report(corpus, directory)
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{built.rows:,} rows, {built.runs} runs, {built.networks} networks with a page, "
        f"{built.bytes / 1e6:.1f} MB"
    )
    print(f"built in {wall:.1f} s ({cpu:.1f} s CPU; limit {BUILD_SECONDS}), ", end="")
    print(f"peak {peak:,.0f} MB (limit {BUILD_MB:,})")
    return built


def opened(browser: Any, page: Path, drawn: str | None) -> tuple[float, float, float]:
    """Milliseconds to the first paint, the first content, and to what scripts draw."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(page.as_uri(), wait_until="load")
    if drawn is not None:
        tab.wait_for_function(drawn)
    ready = tab.evaluate("performance.now()")
    paints = tab.evaluate(PAINTS)
    context.close()
    return paints["first-paint"], paints["first-contentful-paint"], ready


def measure(built: Built, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    chart = "document.querySelector('.chart .main-svg .point') !== null"
    table = "document.getElementById('status').textContent.startsWith('Rows')"
    pages: list[tuple[str, Path, str | None]] = []
    if built.rows:
        pages += [("overview", built.index, chart)]
        pages += [("leaderboard", built.directory / "leaderboard.html", table)]
    pages += [("run", path, None) for path in sorted(built.directory.glob("runs/*"))[-1:]]
    pages += [("network", path, None) for path in sorted(built.directory.glob("networks/*"))[:1]]
    print("page         first paint  first content  drawn  (ms, median of 5; limit 1,000)")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, path, drawn in pages:
            times = [opened(browser, path, drawn) for _ in range(REPEATS)]
            paint, content, ready = (
                statistics.median(column) for column in zip(*times, strict=True)
            )
            print(f"{name:12} {paint:11.0f}  {content:13.0f}  {ready:5.0f}")
        browser.close()


def main() -> None:
    corpus = sys.argv[1]
    chromium = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch) / "report"
        built = build(corpus, directory)
        if chromium is None:
            print("no page was opened: there is no Chromium")
        else:
            measure(built, chromium)


if __name__ == "__main__":
    main()
