"""Pages from templates: everything is escaped, and what is missing is an error."""

from __future__ import annotations

from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

from catta.errors import UsageError
from catta.report import wording

PACKAGES = ("jinja2", "pygments", "plotly")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' file:",
        "style-src 'self' file:",
        "img-src 'self' file: data:",
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
"""Scripts and styles come from files of the report only; nothing goes anywhere.

`'self'` covers the report on a server, `file:` the one on a disk, where a page has no origin.
"""

_FILTERS = (
    *(wording.count, wording.amount, wording.measure, wording.percent, wording.signed),
    wording.probability,
    *(wording.duration, wording.day, wording.short),
)


class Pages:
    """The templates of the report, and where their pages go.

    Attributes:
        directory: The folder that is written.
        shared: What every page shows: the corpus' name, its runs, when it was made.
        drawn: Graphs that were drawn so far.
    """

    def __init__(self, directory: Path, **shared: Any) -> None:
        jinja2 = _jinja2()
        self.directory = directory
        self.shared = shared
        self.drawn = 0
        self._environment: Any = jinja2.Environment(
            loader=jinja2.PackageLoader("catta.report"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update({f.__name__: f for f in _FILTERS})
        self._environment.globals.update(
            interval=wording.interval,
            rate_interval=wording.rate_interval,
            plural=wording.plural,
            policy=POLICY,
            version=metadata.version("catta"),
        )

    def write(self, name: str, template: str, **values: Any) -> None:
        """Write one page.

        Args:
            name: Its path within the folder, at most one folder deep.
            template: File name of its template.
            values: What it shows.
        """
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        root = "../" * name.count("/")
        page = self._environment.get_template(template)
        text = page.render(self.shared | {"root": root, "path": name} | values)
        path.write_text(text, encoding="utf-8", errors="replace")


def check_extra() -> None:
    """Raise UsageError where a package of the extra `report` is missing."""
    for package in PACKAGES:
        try:
            metadata.version(package)
        except metadata.PackageNotFoundError as error:
            raise UsageError(
                f"a report needs {package}, which is not installed: pip install 'catta[report]'"
            ) from error


def assets() -> Any:
    """The folder of style sheets and scripts within the package."""
    return files("catta.report") / "assets"


def _jinja2() -> Any:
    check_extra()
    import jinja2

    return jinja2
