import ast
import random
import warnings
from collections import Counter

import pytest
import torch

from catta.errors import UsageError
from catta.generation.mutation import MUTATIONS, MutationGenerator, mutate
from catta.generation.protocol import Generator
from catta.novelty import InvalidSource, network_id, normalize
from catta.records import Prompt

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n\n"

UNITS = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        layers = []
        channels = in_shape[1]
        layers += [nn.Conv2d(channels, 24, kernel_size=5, stride=2, padding=2), nn.ReLU(True)]
        channels = 24
        layers += [nn.Conv2d(channels, 48, kernel_size=3, padding=1), nn.BatchNorm2d(48), nn.ReLU()]
        channels = 48
        layers += [nn.Conv2d(channels, 32, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2, 2)]
        channels = 32
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((3, 3))
        self.classifier = nn.Sequential(
            nn.Dropout(p=prm["dropout"]),
            nn.Linear(channels * 3 * 3, 128),
            nn.ReLU(),
            nn.Linear(128, out_shape[0]),
        )

    def forward(self, x):
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)
"""
)

ATTRIBUTES = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.conv1 = nn.Conv2d(in_shape[1], 16, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(32)
        self.conv3 = nn.Conv2d(32, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 8 * 8, 64)
        self.fc2 = nn.Linear(64, out_shape[0])

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        x = self.pool(F.relu(self.bn2(self.conv2(x))))
        x = self.conv3(x)
        x = x.view(x.size(0), -1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)
"""
)

BLOCKS = (
    HEAD
    + """
class Block(nn.Module):
    def __init__(self, cin, cout, stride=1):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(cout),
            nn.ReLU(inplace=True),
            nn.Conv2d(cout, cout, 3, padding=1, bias=False),
            nn.BatchNorm2d(cout),
        )
        self.short = nn.Conv2d(cin, cout, 1, stride=stride)

    def forward(self, x):
        return F.relu(self.body(x) + self.short(x))

class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        stem = nn.Conv2d(in_shape[1], 16, 3, padding=1)
        self.stem = nn.Sequential(stem, nn.BatchNorm2d(16), nn.ReLU())
        blocks = []
        for _ in range(2):
            blocks.append(Block(16, 16))
        self.stage1 = nn.Sequential(*blocks)
        self.stage2 = nn.Sequential(Block(16, 32, stride=2), Block(32, 32))
        linear = nn.Linear(32, out_shape[0])
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), linear)

    def forward(self, x):
        x = self.stem(x)
        x = self.stage1(x)
        x = self.stage2(x)
        return self.head(x)
"""
)

FLAT = (
    HEAD
    + """
class Net(nn.Module):
    def __init__(self, in_shape, out_shape, prm, device):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_shape[1], 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=4),
            nn.Flatten(),
            nn.Linear(1024, 128),
            nn.ReLU(),
            nn.Dropout(prm["dropout"]),
            nn.Linear(128, out_shape[0]),
        )

    def forward(self, x):
        return self.features(x)
"""
)

PARENTS = {"units": UNITS, "attributes": ATTRIBUTES, "blocks": BLOCKS, "flat": FLAT}
PROMPT = Prompt(text="", prefix="")


def generator(**kwargs: int) -> MutationGenerator:
    parents = [(network_id(s), s, 1.0) for s in PARENTS.values()]
    return MutationGenerator(parents, **kwargs)


def error_of(source: str) -> str | None:
    """Build one of our own networks, run it forward and backward."""
    space: dict[str, type[torch.nn.Module]] = {}
    try:
        exec(compile(source, "net", "exec"), space)  # noqa: S102 - sources of this file only
        prm = {"lr": 0.01, "momentum": 0.9, "dropout": 0.2}
        net = space["Net"]((2, 1, 32, 32), (10,), prm, torch.device("cpu"))
        out = net(torch.randn(2, 1, 32, 32))
        assert out.shape == (2, 10)
        out.sum().backward()
    except Exception as error:  # noqa: BLE001 - whatever a network does
        return f"{type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize("name", PARENTS)
def test_the_parents_themselves_work(name: str) -> None:
    assert error_of(PARENTS[name]) is None


def test_it_is_a_generator() -> None:
    assert isinstance(generator(), Generator)
    generator().close()


def test_children_are_decided_by_the_seed_and_their_position() -> None:
    one = generator().generate(PROMPT, 8, seed=3)
    assert generator().generate(PROMPT, 8, seed=3) == one
    assert generator().generate(PROMPT, 3, seed=3) == one[:3]
    assert generator().generate(PROMPT, 8, seed=4) != one
    assert generator().name == generator().name
    assert generator().name != generator(mutations_per_child=3).name


def test_every_child_parses_differs_from_its_parent_and_names_it() -> None:
    known = {network_id(source) for source in PARENTS.values()}
    children = generator().generate(PROMPT, 60, seed=1)
    assert len(children) == 60
    for child in children:
        ast.parse(child.text)
        assert child.parent in known
        assert network_id(child.text) not in known
        assert child.text == normalize(child.text) + "\n"
    assert len({network_id(c.text) for c in children}) >= 58


def test_weights_decide_who_has_children() -> None:
    parents = [("n1:a", UNITS, 1e-9), ("n1:b", FLAT, 1.0)]
    children = MutationGenerator(parents).generate(PROMPT, 20, seed=0)
    assert {c.parent for c in children} == {"n1:b"}


def test_most_children_build_and_run() -> None:
    errors: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for child in generator().generate(PROMPT, 80, seed=0):
            errors[error_of(child.text) or "fine"] += 1
    assert errors["fine"] >= 70, errors


@pytest.mark.parametrize("name", MUTATIONS)
def test_each_mutation_changes_a_network_and_mostly_keeps_it_running(name: str) -> None:
    changed, fine = 0, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for source in PARENTS.values():
            for seed in range(4):
                tree = ast.parse(source)
                if MUTATIONS[name](tree, random.Random(seed)):
                    text = ast.unparse(ast.fix_missing_locations(tree))
                    assert text != ast.unparse(ast.parse(source))
                    changed += 1
                    fine += error_of(text) is None
    assert changed >= 4
    assert fine >= 0.6 * changed


def test_widths_change_together() -> None:
    for seed in range(20):
        tree = ast.parse(FLAT)
        assert MUTATIONS["width"](tree, random.Random(seed))
        assert error_of(ast.unparse(tree)) is None


def test_a_source_without_layers_has_no_children_but_a_copy() -> None:
    assert mutate("x = 1", random.Random(0)) is None
    only = MutationGenerator([("n1:x", "x = 1", 1.0)])
    assert [c.text for c in only.generate(PROMPT, 1, seed=0)] == ["x = 1"]
    with pytest.raises(InvalidSource):
        mutate("def", random.Random(0))


def test_bad_parents_are_refused() -> None:
    with pytest.raises(UsageError, match="at least one network"):
        MutationGenerator([])
    with pytest.raises(UsageError, match="positive weight"):
        MutationGenerator([("n1:a", UNITS, 0.0)])
    with pytest.raises(UsageError, match="mutations_per_child"):
        MutationGenerator([("n1:a", UNITS, 1.0)], mutations_per_child=0)
