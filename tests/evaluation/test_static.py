import pytest

from catta.evaluation.static import Screened, screen_source
from catta.evaluation.static_policy import CHECKED_IMPORTS
from catta.records import Outcome, Stage, Verdict

MODULE = """import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):

    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.conv = nn.Conv2d(in_shape[1], 16, 3, padding=1)
        self.head = nn.Linear(16, out_shape[0])

    def forward(self, x):
        x = F.relu(self.conv(x))
        return self.head(x.mean(dim=(2, 3)))
"""
BODY = "        super().__init__()\n"


def source_of(text: str) -> str:
    screened = screen_source(text)
    assert isinstance(screened, Screened), screened
    return screened.source


def refusal(text: str, **kwargs: frozenset[str]) -> tuple[Stage, str]:
    verdict = screen_source(text, **kwargs)
    assert isinstance(verdict, Verdict)
    assert verdict.outcome is Outcome.INVALID
    assert verdict.error is not None
    assert verdict.error.endswith(".")
    assert "\n" not in verdict.error
    return verdict.stage, verdict.error


def with_line(line: str) -> str:
    """The module with one more statement in the constructor."""
    return MODULE.replace(BODY, f"{BODY}        {line}\n")


def test_a_module_passes_as_it_is() -> None:
    assert source_of(MODULE) == MODULE


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{MODULE}```",
        f"Here is a network:\n\n```py\n{MODULE}```\nIt uses a convolution.",
        f"First a sketch:\n```\nx = 1\n```\nand now the module:\n```python\n{MODULE}```\n",
        f"```python\n{MODULE}",
        f"{MODULE}```\nThis network has one convolution.",
        f"{MODULE}```\nAnother one:\n```python\nclass Net: pass\n```",
        f"Sure! Here it is.\n{MODULE}",
        f"{MODULE}\nThis network's depth is one, isn't it?\n",
        f"{MODULE}\n1. It convolves\n2. (then it pools\n",
        f"{MODULE}\ndef supported_hyperparameters():\n    return {{'lr', 'mom",
        f"{MODULE}\nif __name__ == '__main__':\n    net = Net((1, 1, 32",
    ],
)
def test_the_module_is_found_in_what_a_model_answers(text: str) -> None:
    assert source_of(text).strip() == MODULE.strip()


def test_a_docstring_before_the_module_is_kept() -> None:
    text = f'"""A network."""\n{MODULE}'
    assert source_of(text) == text


@pytest.mark.parametrize("text", ["", "I cannot do that.", "```\nno code here\n```", "x = 1"])
def test_without_a_module_it_ends_at_extract(text: str) -> None:
    assert refusal(text)[0] is Stage.EXTRACT


@pytest.mark.parametrize(
    "text",
    [
        MODULE.removesuffix("(2, 3)))\n"),
        MODULE[: MODULE.index("        self.head")] + "        self.head = nn.Lin(",
        MODULE.replace("self.conv(x)", "Helper(x)") + "\nclass Helper(nn.Module):\n    def __in(",
        MODULE.replace("super().__init__()", "super().__init__("),
        MODULE + "\0",
        MODULE + "# " + "x" * 200_000,
    ],
)
def test_a_module_that_was_cut_off_or_broken_ends_at_parse(text: str) -> None:
    assert refusal(text)[0] is Stage.PARSE


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import torchvision.models as models",
        "from torch import hub",
        "from torch.utils.cpp_extension import load",
        "from . import secrets",
        "open('/etc/passwd')",
        "eval('1')",
        "f = exec",
        "compile('x', 'y', 'exec')",
        "__import__('os').system('ls')",
        "torch.save(self, 'x')",
        "torch.jit.load('x')",
        "torch.multiprocessing.spawn(print)",
        "torch.serialization.os.remove('x')",
        "().__class__.__bases__[0].__subclasses__()",
        "self.forward.__globals__",
        "getattr(self, '__dict__')",
        "getattr(torch, '__builtins__')",
        "x = __builtins__",
        "self.w = torch.load('weights.pt')",
        "self.net = torch.hub.load('pytorch/vision', 'resnet18')",
        "self.net = resnet18(pretrained=True)",
        "self.net = resnet18(weights='DEFAULT')",
        "self.net = resnet18(weights=ResNet18_Weights.IMAGENET1K_V1)",
        "self.load_state_dict(load_state_dict_from_url('https://example.org'))",
    ],
)
def test_what_a_network_may_not_do_ends_at_policy(line: str) -> None:
    assert refusal(with_line(line))[0] is Stage.POLICY


@pytest.mark.parametrize(
    "line",
    [
        "import math",
        "from collections import OrderedDict",
        "from torch.nn.utils import spectral_norm",
        "from torch.nn.modules.utils import _pair",
        "name = self.__class__.__name__",
        "layer = getattr(self, f'layer{1}', None)",
        "self.net = make(pretrained=False)",
        "self.eval()",
        "input = in_shape",
        "counts = torch.bincount(x, weights=w)",
    ],
)
def test_what_networks_do_is_allowed(line: str) -> None:
    assert source_of(with_line(line)) == with_line(line)


def test_code_before_the_cut_is_not_talk() -> None:
    text = MODULE + "\nimport os\nos.system('x'"
    assert refusal(text)[0] is Stage.POLICY


def test_the_error_names_what_was_found_and_the_imports_are_configurable() -> None:
    text = with_line("import numpy as np")
    stage, error = refusal(text)
    assert stage is Stage.POLICY
    assert error == "Importing numpy is not allowed (line 9)."
    allowed = frozenset({"torch", "torch.nn.*", "numpy"})
    assert isinstance(screen_source(text, allowed), Screened)
    assert refusal(MODULE, allowed_imports=frozenset({"torch"}))[0] is Stage.POLICY


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("class Net(", "class Network(", "no class Net"),
        ("class Net(nn.Module)", "class Net", "does not derive"),
        ("class Net(nn.Module)", "class Net(Base)", "does not derive"),
        ("self, in_shape, out_shape, prm, device", "self, in_shape, out_shape", "__init__"),
        ("self, in_shape, out_shape, prm, device", "self, a, b, c, d, e", "__init__"),
        ("prm, device)", "prm, *, device)", "__init__"),
        ("def __init__(", "def build(", "__init__"),
        ("def forward(self, x)", "def forward(self, x, y)", "forward"),
        ("def forward(self, x)", "def forward(self)", "forward"),
        ("def forward(", "def run(", "forward"),
    ],
)
def test_a_broken_contract_is_named(old: str, new: str, reason: str) -> None:
    assert old in MODULE
    stage, error = refusal(MODULE.replace(old, new))
    assert stage is Stage.CONTRACT
    assert reason in error


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nn.Module)", "torch.nn.Module)"),
        ("prm, device)", "prm, device, depth=3)"),
        ("in_shape, out_shape, prm, device)", "*args)"),
        ("in_shape, out_shape, prm, device)", "in_shape, /, out_shape, prm, device=None, **kw)"),
        ("def forward(self, x)", "def forward(self, x, mask=None)"),
        ("class Net(nn.Module)", "class Base(nn.Module):\n    pass\n\nclass Net(Base)"),
        ("import torch.nn as nn\n", "import torch.nn as nn\nfrom torch.nn import Module\n"),
    ],
)
def test_other_ways_to_keep_the_contract(old: str, new: str) -> None:
    assert old in MODULE
    text = MODULE.replace(old, new)
    assert source_of(text) == text


def test_a_container_brings_its_own_forward() -> None:
    text = (
        "import torch\nfrom torch import nn\n\nclass Net(nn.Sequential):\n"
        "    def __init__(self, in_shape, out_shape, prm, device):\n"
        "        super().__init__(nn.Flatten(), nn.Linear(1024, out_shape[0]))\n"
    )
    assert source_of(text) == text


def test_a_family_that_goes_in_circles_is_no_module() -> None:
    text = "class A(B):\n    pass\n\nclass B(A):\n    pass\n\nclass Net(A):\n    pass\n"
    assert refusal(text)[0] is Stage.CONTRACT


@pytest.mark.parametrize(
    "line",
    [
        "from torchvision.ops import batched_nms",
        "import torchvision; self.backbone = torchvision.models.resnet18(weights=None)",
        "from torchvision.models.detection import ssdlite320_mobilenet_v3_large",
        "from torchvision import models",
    ],
)
def test_a_check_allows_parts_of_torchvision_that_a_loop_does_not(line: str) -> None:
    text = with_line(line)
    assert isinstance(screen_source(text, CHECKED_IMPORTS), Screened)
    assert refusal(text)[0] is Stage.POLICY


@pytest.mark.parametrize(
    "line",
    [
        "from torchvision import datasets",
        "from torchvision.io import read_image",
        "import torchvision; x = torchvision.datasets.MNIST",
        "from torchvision import models; x = models.resnet18(weights='DEFAULT')",
        "from torchvision import models; x = models.detection.fasterrcnn_resnet50_fpn("
        "weights_backbone=models.ResNet50_Weights.DEFAULT)",
    ],
)
def test_a_check_allows_no_files_and_no_pretrained_weights(line: str) -> None:
    assert refusal(with_line(line), allowed_imports=CHECKED_IMPORTS)[0] is Stage.POLICY
