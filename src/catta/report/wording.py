"""How numbers, times and names are written for readers."""

from __future__ import annotations

import math
from datetime import UTC, datetime

UNKNOWN = "–"  # noqa: RUF001 - typography
"""What stands where there is no number; screen readers read the dash."""

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def known(value: float | None) -> bool:
    """Whether there is a number."""
    return value is not None and not math.isnan(value)


def count(value: float | None) -> str:
    """`578,595`."""
    return f"{value:,.0f}" if value is not None and known(value) else UNKNOWN


def amount(value: float | None) -> str:
    """A large number in three digits: `741 k`, `6.29 M`."""
    if value is None or not known(value):
        return UNKNOWN
    for size, unit in _UNITS:
        if abs(value) >= size:
            scaled = value / size
            digits = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
            return f"{scaled:.{digits}f} {unit}"
    return f"{value:,.0f}"


def measure(value: float | None, digits: int = 4) -> str:
    """A value of a metric: `0.9390`, `12.31`."""
    if value is None or not known(value):
        return UNKNOWN
    return f"{value:.{digits}f}" if abs(value) < 10 else f"{value:,.{max(0, digits - 2)}f}"


def percent(value: float | None) -> str:
    """A rate in 0..1: `83.3 %`."""
    return f"{100 * value:.1f} %" if value is not None and known(value) else UNKNOWN


def interval(low: float | None, high: float | None, digits: int = 3) -> str:
    """`0.641 to 0.933`."""
    if not (known(low) and known(high)):
        return UNKNOWN
    return f"{measure(low, digits)} to {measure(high, digits)}"


def rate_interval(low: float | None, high: float | None) -> str:
    """`64.1 to 93.3 %`."""
    if low is None or high is None or not (known(low) and known(high)):
        return UNKNOWN
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def signed(value: float | None, digits: int = 3) -> str:
    """`+0.127`; with a minus sign that is one."""
    if value is None or not known(value):
        return UNKNOWN
    rounded = round(value, digits) + 0.0  # adding zero makes -0.0 a zero without a sign
    text = f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"
    return text.replace("-", "−")  # noqa: RUF001 - typography


def probability(value: float | None) -> str:
    """A p value: `0.031`, `< 0.001`."""
    if value is None or not known(value):
        return UNKNOWN
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def duration(seconds: float | None) -> str:
    """`4.2 s`, `5 min 38 s`, `2 h 5 min`."""
    if seconds is None or not known(seconds):
        return UNKNOWN
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60} min"


def day(moment: str | None) -> str:
    """`24 November 2026, 13:14 UTC`, from ISO 8601; another text as it is."""
    if not moment:
        return UNKNOWN
    try:
        when = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    when = when.astimezone(UTC) if when.tzinfo else when
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def plural(number: int, noun: str, several: str | None = None) -> str:
    """`1 run`, `2 runs`, `0 families`."""
    return f"{number:,} {noun if number == 1 else several or noun + 's'}"


def short(identity: str | None) -> str:
    """A hash as readers need it: `n1:2f9681b6ce1a`."""
    if not identity:
        return UNKNOWN
    version, colon, digits = identity.partition(":")
    return f"{version}{colon}{digits[:12]}" if colon else identity
