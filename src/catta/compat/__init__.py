"""What users of LEMUR call, with its signatures; it brings together what the packages below do.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.compat.checked import Checked, check_nn

__all__ = ["Checked", "check_nn"]

_HOMES = {"Checked": "catta.compat.checked", "check_nn": "catta.compat.checked"}

__getattr__, __dir__ = exports(__name__, _HOMES)
