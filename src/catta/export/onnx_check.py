"""Files of ONNX's are looked at before a runtime sees them: they came out of a sandbox."""

# onnx ships partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from catta.errors import ExportError
from catta.evaluation.wire import MAX_ARRAYS

DOMAINS = frozenset({"", "ai.onnx", "com.microsoft"})
"""Whose operators are taken: ONNX's own and those that ONNX Runtime's quantizer uses."""

_INPUTS = {onnx.TensorProto.FLOAT, onnx.TensorProto.INT64}


def checked_model(content: bytes) -> onnx.ModelProto:
    """The model in some bytes: one input, one output, nothing outside of the bytes.

    Raises:
        ExportError: It is none, or refers to other files or unknown operators.
    """
    if len(content) > MAX_ARRAYS:
        raise ExportError(f"the file is larger than {MAX_ARRAYS >> 20} MiB")
    try:
        model = onnx.load_model_from_string(content)
        _refuse_what_is_outside(model)
        onnx.checker.check_model(model)
    except DecodeError as error:
        raise ExportError("the file is no ONNX model") from error
    except (onnx.checker.ValidationError, ValueError, TypeError) as error:
        reason = (str(error).strip().splitlines() or ["it is malformed"])[0]
        raise ExportError(f"the file is no valid ONNX model: {reason}") from error
    graph = model.graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        found = f"{len(graph.input)} inputs and {len(graph.output)} outputs"
        raise ExportError(f"the ONNX model has {found}; one of each can be run")
    kind = graph.input[0].type.tensor_type
    sizes = kind.shape.dim
    known = [dim.HasField("dim_value") and dim.dim_value > 0 for dim in sizes]
    if kind.elem_type not in _INPUTS or len(sizes) < 2 or not all(known[1:]):
        raise ExportError(
            "the ONNX model's input is no float32 or int64 tensor of a fixed shape (but for its "
            "batch); export it with fixed sizes"
        )
    return model


def _refuse_what_is_outside(model: onnx.ModelProto) -> None:
    used = {node.domain for node in _nodes(model.graph)}
    if len(model.functions) or not used <= DOMAINS:
        strange = ", ".join(sorted(used - DOMAINS)) or "functions of its own"
        raise ExportError(f"the ONNX model uses operators that are not known: {strange}")
    for tensor in _tensors(model.graph):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or len(tensor.external_data):
            raise ExportError("the ONNX model keeps weights in other files; make it one file")


def _graphs(graph: onnx.GraphProto) -> Iterator[onnx.GraphProto]:
    """A graph and those within its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else ())):
                yield from _graphs(inner)


def _nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    for one in _graphs(graph):
        yield from one.node


def _tensors(graph: onnx.GraphProto) -> Iterator[onnx.TensorProto]:
    for one in _graphs(graph):
        yield from one.initializer
        sparse: list[Any] = list(one.sparse_initializer)
        for node in one.node:
            for attribute in node.attribute:
                yield from attribute.tensors
                if attribute.HasField("t"):
                    yield attribute.t
                sparse += attribute.sparse_tensors
                if attribute.HasField("sparse_tensor"):
                    sparse.append(attribute.sparse_tensor)
        for tensor in sparse:
            yield tensor.values
            yield tensor.indices
