"""What of the host a sandbox shows: the interpreter, its packages, the system's libraries.

Never a whole home directory and never all of `/usr`: datasets with their labels live in
`/usr/share`, and scikit-learn ships one inside its package.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]  # of Catta itself

_SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/share/zoneinfo",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/sys/devices/system/cpu",
    # Python finds libseccomp by running this (which is a shell script on Ubuntu).
    "/sbin/ldconfig",
    "/sbin/ldconfig.real",
    "/bin/sh",
)
_OF_PREFIX = ("bin", "lib", "lib32", "lib64", "pyvenv.cfg")
_PACKAGE_DIRECTORIES = {"site-packages", "dist-packages"}


def import_roots() -> list[Path]:
    """Entries of `sys.path` a zygote imports from, in order.

    Only those that hold installed packages: the first entry is often the directory of the script
    that was started, which may be the user's home.
    """
    prefixes = [Path(sys.prefix), Path(sys.base_prefix)]
    entries = [Path(entry) for entry in sys.path if entry and Path(entry).is_absolute()]
    return [
        entry
        for entry in entries
        if entry.name in _PACKAGE_DIRECTORIES
        or any(entry.is_relative_to(prefix) for prefix in prefixes)
    ]


def runtime_paths() -> list[Path]:
    """Directories and files that a zygote has to read, none of them inside another one."""
    prefixes = {Path(sys.prefix), Path(sys.base_prefix)}
    wanted = [
        *(Path(path) for path in _SYSTEM),
        *(path for prefix in prefixes for path in _parts(prefix)),
        *(root for root in import_roots() if root not in prefixes),
        Path(sys.executable),
        PACKAGE,
    ]
    existing = [path for path in wanted if path.exists()]
    return without_nested([*existing, *(path.resolve() for path in existing)])


def _parts(prefix: Path) -> list[Path]:
    """What of an installation is needed; its `lib64` is often another name of its `lib`."""
    parts = [prefix / name for name in _OF_PREFIX]
    return [path for path in parts if not (path.name == "lib64" and path.is_symlink())]


def hidden_paths() -> list[Path]:
    """Directories inside the runtime paths that hold labels of datasets."""
    found = importlib.util.find_spec("sklearn")
    places = found.submodule_search_locations if found is not None else None
    return [Path(place).resolve() / "datasets" for place in places or ()]


def visible(roots: Iterable[Path], hidden: Sequence[Path]) -> list[Path]:
    """The roots; one that holds something hidden is replaced by the rest of its entries."""
    kept: list[Path] = []
    for root in roots:
        real = root.resolve()
        if any(real.is_relative_to(path) for path in hidden):
            continue
        if any(path.is_relative_to(real) for path in hidden):
            kept.extend(visible(sorted(root.iterdir()), hidden))
        else:
            kept.append(root)
    return kept


def without_nested(paths: Iterable[Path]) -> list[Path]:
    """Each path once, and none that lies inside another one of the list."""
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda p: (len(p.parts), p)):
        if not any(path.is_relative_to(other) for other in kept):
            kept.append(path)
    return kept
