"""ONNX models from outside are looked at before a runtime sees them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from catta.errors import ExportError

onnx = pytest.importorskip("onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper


def model(
    *, sample: list[object] | None = None, domain: str = "", kind: int = 1, inputs: int = 1
) -> onnx.ModelProto:
    """A product with a matrix."""
    shape = ["batch", *(sample or [4])]
    weight = numpy_helper.from_array(np.ones((4, 2), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x0", "w"], ["y"], domain=domain)],
        "g",
        [helper.make_tensor_value_info(f"x{n}", kind, shape) for n in range(inputs)],
        [helper.make_tensor_value_info("y", 1, ["batch", 2])],
        [weight],
    )
    imports = [helper.make_opsetid("", 20), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(graph, opset_imports=imports, ir_version=10)


def external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def external_in_a_branch(model: onnx.ModelProto) -> None:
    tensor = onnx.TensorProto(name="secret", data_type=1, dims=[1])
    tensor.external_data.add(key="location", value="../secret")
    value = helper.make_node("Constant", [], ["inner"], value=tensor)
    branch = helper.make_graph([value], "b", [], [helper.make_tensor_value_info("inner", 1, [1])])
    model.graph.node.append(
        helper.make_node("If", ["w"], ["z"], then_branch=branch, else_branch=branch)
    )


def test_a_plain_model_passes() -> None:
    from catta.export.onnx_check import checked_model

    assert checked_model(model().SerializeToString()).graph.node[0].op_type == "MatMul"


@pytest.mark.parametrize("hide", [external, external_in_a_branch])
def test_nothing_outside_of_the_file_is_read(hide: Callable[[onnx.ModelProto], None]) -> None:
    from catta.export.onnx_check import checked_model

    hostile = model()
    hide(hostile)
    with pytest.raises(ExportError, match="other files"):
        checked_model(hostile.SerializeToString())


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"domain": "evil"}, "not known: evil"),
        ({"inputs": 2}, "2 inputs"),
        ({"sample": ["height"]}, "fixed shape"),
        ({"kind": onnx.TensorProto.STRING}, "float32 or int64"),
    ],
)
def test_what_cannot_be_run_is_refused(made: dict[str, object], said: str) -> None:
    from catta.export.onnx_check import checked_model

    with pytest.raises(ExportError, match=said):
        checked_model(model(**made).SerializeToString())


def test_a_graph_that_makes_no_sense_is_refused_in_one_line() -> None:
    from catta.export.onnx_check import checked_model

    broken = model()
    broken.graph.node[0].input[0] = "nobody"
    with pytest.raises(ExportError, match="no valid ONNX model") as caught:
        checked_model(broken.SerializeToString())
    assert "\n" not in str(caught.value)
