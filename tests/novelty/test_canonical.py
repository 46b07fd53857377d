import ast
import io
import tokenize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catta.novelty import InvalidSource, identity_text, network_id, normalize

NETWORK = '''
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    """A block."""

    def __init__(self, channels, out):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel_size=3, padding=1)  # same size

    def forward(self, x):
        y = F.relu(self.conv(x))
        return y if y.shape != x.shape else y + x


class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        widths = [32, 64]
        layers = [Block(a, b) for a, b in zip([in_shape[1], *widths], widths)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1], out_shape[0])

    def forward(self, x):
        return self.head(torch.mean(self.features(x), dim=(2, 3)))
'''

WORDS = ["alpha", "beta", "gamma", "layers2", "v0", "v1", "v7", "len_", "net", "_h"]


def _rename(source: str, old: str, new: str) -> str:
    """Replace a whole identifier, by tokens, so that strings and longer names stay."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return tokenize.untokenize(
        (t.type, new if t.type == tokenize.NAME and t.string == old else t.string) for t in tokens
    )


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A random module of assignments, calls, loops and comprehensions over a few local names."""
    names = draw(st.lists(st.sampled_from(WORDS), min_size=3, max_size=3, unique=True))
    name = st.sampled_from(names)
    expression = st.recursive(
        st.one_of(name, st.integers(0, 300).map(str), st.just("self.conv")),
        lambda e: st.one_of(
            st.tuples(e, st.sampled_from("+*-"), e).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            e.map(lambda x: f"F.relu({x})"),
            st.tuples(name, e).map(lambda t: f"[{t[0]} + {t[1]} for {t[0]} in {t[1]}]"),
            st.tuples(name, e).map(lambda t: f"(lambda {t[0]}: {t[1]})(1)"),
            e.map(lambda x: f"nn.Conv2d({x}, 16, kernel_size=3)"),
        ),
        max_leaves=8,
    )
    statement = st.one_of(
        st.tuples(name, expression).map(lambda t: f"{t[0]} = {t[1]}"),
        st.tuples(name, expression).map(lambda t: f"for {t[0]} in range(3): self.x = {t[1]}"),
        st.tuples(name, expression).map(lambda t: f"def helper({t[0]}): return {t[1]}"),
        st.just('"a remark"'),
    )
    lines = draw(st.lists(statement, min_size=1, max_size=6))
    body = "\n".join(f"        {line}" for line in lines)
    return (
        "import torch.nn as nn\nimport torch.nn.functional as F\n\n"
        f"class Net(nn.Module):\n    def forward(self, {', '.join(names)}):\n{body}\n"
    )


@given(networks())
@settings(max_examples=60, deadline=None)
def test_both_forms_are_idempotent(source: str) -> None:
    normal, identity = normalize(source), identity_text(source)
    assert normalize(normal) == normal
    assert identity_text(identity) == identity
    assert identity_text(normal) == identity


@given(networks())
@settings(max_examples=60, deadline=None)
def test_identity_ignores_the_names_of_locals(source: str) -> None:
    renamed = source
    for i, word in enumerate(WORDS):
        renamed = _rename(renamed, word, f"other{i}")
    assert renamed != source or not any(w in source for w in WORDS)
    assert network_id(renamed) == network_id(source)


@given(networks(), st.integers(1, 7))
@settings(max_examples=30, deadline=None)
def test_identity_ignores_formatting_comments_and_docstrings(source: str, width: int) -> None:
    reformatted = "# a comment\n\n" + source.replace("    ", " " * width).replace(
        "):\n", "):\n\n" + " " * 2 * width + '"""About it."""  # why\n'
    )
    reformatted = reformatted.replace(
        "Module):\n\n" + " " * 2 * width, "Module):\n\n" + " " * width
    )
    assert network_id(reformatted) == network_id(source)


def test_a_realistic_network_keeps_its_identity_under_renaming_and_annotation() -> None:
    other = NETWORK
    for old, new in [("widths", "w"), ("layers", "blocks"), ("y", "out1"), ("device", "dev")]:
        other = _rename(other, old, new)
    other = other.replace("x)", "x: torch.Tensor) -> torch.Tensor", 1)
    assert network_id(other) == network_id(NETWORK)
    assert network_id(NETWORK).startswith("n1:")
    assert len(network_id(NETWORK)) == 35


@pytest.mark.parametrize(
    "imports",
    [
        "import torch\nfrom torch import nn\nfrom torch.nn import functional as F",
        "from torch import nn as nn\nimport torch, math\nF = None or __import__",
        "import torch.nn\nimport torch.nn as nn\nfrom torch.nn import functional as F",
    ],
)
def test_identity_resolves_simple_imports(imports: str) -> None:
    head = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F"
    other = NETWORK.replace(head, imports)
    same = "F = None" not in imports
    assert (network_id(other) == network_id(NETWORK)) is same


def test_import_of_names_and_of_modules_is_the_same() -> None:
    by_name = "from torch.nn import Conv2d, Module\nclass Net(Module):\n    layer = Conv2d(1, 2, 3)"
    by_module = "import torch\nclass Net(torch.nn.Module):\n    layer = torch.nn.Conv2d(1, 2, 3)"
    assert identity_text(by_name) == identity_text(by_module)
    assert "import torch.nn as nn\nclass Net(nn.Module):" in identity_text(by_name)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[32, 64]", "[32, 128]"),
        ("kernel_size=3", "kernel_size=5"),
        ("F.relu", "F.gelu"),
        ("y + x", "y - x"),
        ("zip([in_shape[1], *widths], widths)", "zip(widths, [in_shape[1], *widths])"),
        ("for a, b in", "for b, a in"),
    ],
)
def test_a_different_architecture_is_a_different_network(old: str, new: str) -> None:
    assert old in NETWORK
    assert network_id(NETWORK.replace(old, new)) != network_id(NETWORK)


def test_swapped_variables_are_told_apart() -> None:
    assert network_id("def f(a, b): return a - b") == network_id("def f(b, a): return b - a")
    assert network_id("def f(a, b): return a - b") != network_id("def f(a, b): return b - a")
    # a name that is nowhere bound must not be mistaken for the variable of that number
    assert network_id("def f(a): return v0") != network_id("def f(a): return a")
    assert network_id("def f(a):\n global b\n b = a") != network_id("def f(a):\n b = a")


def test_parameters_passed_by_keyword_keep_their_name() -> None:
    text = identity_text("def f(width, depth): return width\nf(depth=1, width=2)")
    assert text.startswith("def f(width, depth):")


SCOPES = """
class A:
    x = 1

    def f(self, y):
        try:
            return [y for y in x if y]
        except ValueError as e:
            raise e

def g(n):

    def h():
        nonlocal n
        n = 1
    return h

def m(s):
    match s:
        case [a, *b]:
            return (a, b)
        case {'k': c, **d}:
            return (c, d)
"""

SCOPES_IDENTITY = """
class A:
    x = 1

    def f(v0, v1):
        try:
            return [v3 for v3 in x if v3]
        except ValueError as v2:
            raise v2

def g(v0):

    def h():
        nonlocal v0
        v0 = 1
    return h

def m(v0):
    match v0:
        case [v1, *v2]:
            return (v1, v2)
        case {'k': v4, **v3}:
            return (v4, v3)
"""


def test_scopes_of_python_are_respected() -> None:
    assert identity_text(SCOPES) == SCOPES_IDENTITY.strip()


def test_normalize_keeps_names_and_drops_what_is_not_code() -> None:
    text = normalize(NETWORK)
    assert "#" not in text
    assert "A block" not in text
    assert "layers = [Block(a, b) for a, b in" in text
    assert normalize("def f():\n    'doc'\n    'more'") == "def f():\n    pass"
    assert normalize("'doc'") == ""
    assert normalize("a = 1; b = 2") == "a = 1\nb = 2"


@pytest.mark.parametrize(
    "source",
    [
        "def f(:",
        "x = 1\0",
        "x = '\ud800' + 1 +",
        "(" * 5_000 + ")" * 5_000,
        "-" * 50_000 + "1",
        "x" + ".a" * 60_000,
        "x = " + "+".join(["1"] * 50_000),
        "x = 0x" + "f" * 50_000,
        "x = " + "9" * 50_000,
        "x = 1\n" * 100_000,
        "  indented = 1\n x",
    ],
    ids=lambda s: s[:12].encode("ascii", "replace").decode(),
)
def test_hostile_text_ends_in_one_error(source: str) -> None:
    for function in (normalize, identity_text, network_id):
        with pytest.raises(InvalidSource) as caught:
            function(source)
        assert isinstance(caught.value, ValueError)
        assert str(caught.value).endswith(".")


def test_an_invalid_escape_is_no_warning() -> None:
    assert ast.literal_eval(normalize(r"x = '\d'").removeprefix("x = ")) == r"\d"
