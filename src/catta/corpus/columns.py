"""Column types that hold whatever a hostile network or a diverged training comes up with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, Dialect, Float, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

LARGEST = 2**63 - 1


class PlainText(TypeDecorator[str]):
    """Text that every database can hold: NUL and lone surrogates are written as escapes.

    Error messages and completions come from outside and may contain either.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what SQLite or PostgreSQL would refuse."""
        return None if value is None else plain_text(value)


class Name(TypeDecorator[str]):
    """A short text that is searched and sorted: plain as `PlainText`, ordered by code points.

    Without a stated collation PostgreSQL would sort and compare ranges by the language that its
    database was created with, SQLite by code points.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """The collation that sorts by code points; SQLite's own does."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(String(collation="C"))
        return dialect.type_descriptor(String())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what SQLite or PostgreSQL would refuse."""
        return None if value is None else plain_text(value)


class Count(TypeDecorator[int]):
    """A count of parameters, FLOPs or tokens; one beyond 63 bits is stored as the largest."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """Saturate."""
        return None if value is None else min(value, LARGEST)


class Loss(TypeDecorator[float]):
    """A loss; NaN, which SQLite cannot store, is NULL there and NaN again when it is read."""

    impl = Float
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """NaN becomes NULL."""
        return None if value is None or math.isnan(value) else value

    def process_result_value(self, value: float | None, dialect: Dialect) -> float:
        """NULL becomes NaN."""
        return math.nan if value is None else value


class Data(TypeDecorator[Any]):
    """Plain data as strict JSON: mappings as objects, sequences as arrays, NaN and inf as null."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Reduce to what JSON has."""
        return _plain(value)


def plain_text(value: str) -> str:
    """A text as `PlainText` stores it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-8", "backslashreplace").decode()
    return value.replace("\x00", "\\x00")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return {plain_text(str(key)): _plain(item) for key, item in pairs}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in cast("list[object]", value)]
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
