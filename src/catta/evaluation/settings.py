"""What a worker tells its zygote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

# What a zygote says instead of an outcome where a child could not lock itself in.
NOT_CONFINED = "NOT_CONFINED"
# And where it killed a child because the worker asked for it.
ENDED = "ENDED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How a zygote does its jobs.

    Attributes:
        data: Directory of `.npy` files, or None.
        threads: Threads of a job.
        perform: `module:function` that does a job.
        confinement: What a child gives up; see `confine`.
        readable: Paths a child may read.
        listable: Directories a child may list.
        devices: Device files a child may use.
    """

    data: str | None
    threads: int
    perform: str
    confinement: str
    readable: tuple[str, ...]
    listable: tuple[str, ...]
    devices: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The settings of a message."""
        return cls(
            data=values["data"],
            threads=values["threads"],
            perform=values["perform"],
            confinement=values["confinement"],
            readable=tuple(values["readable"]),
            listable=tuple(values["listable"]),
            devices=tuple(values["devices"]),
        )
