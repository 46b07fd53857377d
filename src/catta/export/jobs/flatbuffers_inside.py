"""ExecuTorch packs flatbuffers without files and other programs, which a sandbox has not."""

# ExecuTorch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingImports=false
# pyright: reportPrivateUsage=false, reportUnknownParameterType=false

from __future__ import annotations

import enum
from contextlib import nullcontext
from dataclasses import fields, is_dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

import flatbuffers
from executorch.backends.xnnpack.serialization import xnnpack_graph_serialize
from executorch.exir._serialize import _flatbuffer, _flatbuffer_program

from catta.evaluation.instance import load_module

_NAME = "catta_xnnpack_schema"
_IDENTIFIER = b"XN01"
_UNIONS = {
    "xnode_union": "XNodeUnion",
    "xvalue_union": "XValueUnion",
    "quant_params": "XNNQuantParams",
}
"""Fields that hold one of several tables, and what the schema calls them."""


def pack_inside(schema: str) -> None:
    """Have ExecuTorch pack in this process.

    Args:
        schema: Python text of the module that flatc makes of XNNPACK's schema.
    """
    tables = load_module(schema, name=_NAME)

    def pack(graph: Any) -> bytes:
        xnnpack_graph_serialize.sanity_check_xnngraph_dataclass(graph)
        builder = flatbuffers.Builder()
        builder.Finish(_table(graph, tables).Pack(builder), file_identifier=_IDENTIFIER)
        return bytes(builder.Output())

    xnnpack_graph_serialize.convert_to_flatbuffer = pack
    # Nobody reads the copies of the schema that it writes: it keeps what it read from its own.
    _flatbuffer._ResourceFiles.write_to = _not_written
    _flatbuffer_program.tempfile = SimpleNamespace(TemporaryDirectory=lambda: nullcontext("/"))


def _not_written(self: object, out_dir: str) -> None:
    del self, out_dir


def _table(value: Any, tables: ModuleType) -> Any:
    """A record of ExecuTorch's as an object that can pack itself."""
    packed = _class_of(type(value), tables)()
    for one in fields(value):
        found, name = getattr(value, one.name), _camel(one.name)
        if found is not None and one.name in _UNIONS:
            union = getattr(tables, _UNIONS[one.name])
            setattr(packed, f"{name}Type", getattr(union, type(found).__name__))
        # Infinite bounds are texts, as JSON has no numbers for them; the table's default tells.
        if found is not None and isinstance(getattr(packed, name), float):
            found = float(found)
        setattr(packed, name, _packed(found, tables))
    return packed


def _packed(value: Any, tables: ModuleType) -> Any:
    if isinstance(value, enum.Enum):
        return int(value.value)
    if is_dataclass(value):
        return _table(value, tables)
    if isinstance(value, list):
        return [_packed(one, tables) for one in value]
    return value


def _class_of(kind: type, tables: ModuleType) -> Any:
    """The class of a record; several share a table that their parent is named after."""
    for name in (parent.__name__ for parent in kind.__mro__):
        for spelled in (f"{name}T", f"_{name}T"):
            if spelled in vars(tables):
                return getattr(tables, spelled)
    raise LookupError(f"XNNPACK's schema has no table {kind.__name__}")


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
