from __future__ import annotations

import ast

import pytest

from catta.generation import build_prompt, training_example, with_standard_imports
from catta.records import Caps, Problem

PROBLEM = Problem(sample=(1, 32, 28), outputs=7)
IMPORTS = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F"
NET = """class Net(nn.Module):

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.fc = nn.Linear(in_shape[1], out_shape[0])

    def forward(self, x):
        return self.fc(F.relu(x))"""


def test_prompt_states_shapes_caps_and_score() -> None:
    prompt = build_prompt(PROBLEM, Caps(parameters=500_000, flops=12_345), accuracy=0.8)
    assert "(N, 1, 32, 28)" in prompt.text
    assert "(N, 7)" in prompt.text
    assert "500k parameters" in prompt.text
    assert "12345 FLOPs" in prompt.text
    assert "accuracy >= 0.80" in prompt.text
    assert all(line.startswith("#") for line in prompt.text.splitlines())
    assert prompt.prefix == IMPORTS


def test_without_a_wish_any_score_will_do() -> None:
    text = build_prompt(PROBLEM, Caps(), accuracy=None).text
    assert "any" in text
    assert "accuracy >=" not in text


def test_without_helpers_the_prefix_reaches_into_the_constructor() -> None:
    prefix = build_prompt(PROBLEM, Caps(), accuracy=None, helpers=False).prefix
    assert prefix.startswith(IMPORTS)
    assert prefix.endswith("super().__init__()")
    assert ast.unparse(ast.parse(prefix)) == prefix


@pytest.mark.parametrize("helpers", [True, False])
def test_examples_have_the_form_of_what_is_generated(helpers: bool) -> None:
    prompt = build_prompt(PROBLEM, Caps(), accuracy=None, helpers=helpers)
    example = training_example(prompt, NET)
    assert example.prompt == prompt.text
    assert example.completion.startswith(prompt.prefix)
    assert example.completion.endswith("x))\n")
    assert ast.unparse(ast.parse(example.completion)) + "\n" == example.completion


@pytest.mark.parametrize(
    "imports",
    [
        "",
        "import torch\nimport torch.nn as nn\n",
        "import torch.nn.functional as F\nimport torch\nimport torch.nn as nn\n",
        "from torch import nn\nimport torch\n",
        "import torch, torch.nn as nn\nfrom torch.nn import functional as F\n",
        "import torch\nfrom torch import nn\nimport torch\n",
    ],
)
def test_standard_imports_come_first_and_once(imports: str) -> None:
    assert with_standard_imports(imports + NET) == f"{IMPORTS}\n\n{NET}"


def test_other_imports_follow_and_keep_what_they_import() -> None:
    source = (
        "import math\nfrom torch import nn, Tensor\nimport torch as t\n"
        "from collections import OrderedDict\n" + NET
    )
    assert with_standard_imports(source).startswith(
        f"{IMPORTS}\nimport math\nfrom torch import Tensor\nimport torch as t\n"
        "from collections import OrderedDict\n\nclass Net"
    )


def test_relative_and_star_imports_survive() -> None:
    text = with_standard_imports("from . import nn\nfrom torch.nn import *\nx = 1")
    assert text == f"{IMPORTS}\nfrom . import nn\nfrom torch.nn import *\nx = 1"


def test_a_name_imported_otherwise_still_means_what_it_meant() -> None:
    text = with_standard_imports("import torch.nn\nfrom torch.nn import functional\nx = functional")
    names: dict[str, object] = {}
    exec(compile(text, "module", "exec"), names)  # noqa: S102 - our own text
    assert names["x"] is names["F"]


def test_imports_inside_the_module_stay_where_they_are() -> None:
    source = "x = 1\nif x:\n    import torch.nn as nn\n"
    assert with_standard_imports(source) == f"{IMPORTS}\nx = 1\nif x:\n    import torch.nn as nn"


@pytest.mark.parametrize("source", ["class Net(", "x = " + "(" * 500 + ")" * 500, "a\0b"])
def test_what_cannot_be_parsed_is_a_value_error(source: str) -> None:
    with pytest.raises(ValueError, match=r"pars|null"):
        with_standard_imports(source)


def test_an_empty_module_is_its_imports() -> None:
    assert with_standard_imports("") == IMPORTS
