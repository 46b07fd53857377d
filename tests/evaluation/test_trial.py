import traceback

import numpy as np
import pytest
import torch
from trial_networks import CLASSES, GOOD, PROBLEM, RECIPE, WITH_VIEW, module, quadrants

from catta.evaluation.training import DivergedError
from catta.evaluation.trial import ContractError, load_network, perform
from catta.graphs import Graph
from catta.records import Problem


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    """What a child sees: no label of validation or test."""
    train_x, train_y = quadrants(400, seed=0)
    arrays = {"train_x": train_x, "train_y": train_y}
    arrays["validation_x"], _ = quadrants(80, seed=1)
    arrays["test_x"], _ = quadrants(60, seed=2)
    return arrays


def build(source: str, *, problem: Problem = PROBLEM) -> dict:
    job = {"kind": "build", "source": source, "problem": problem.model_dump()}
    header, arrays = perform(job | {"recipe": RECIPE.model_dump()}, {})
    # Of a network that builds the traced graph comes along, as text.
    assert set(arrays) == {"traced"}
    assert Graph.from_json(arrays["traced"].tobytes()).nodes[0].operator == "input"
    return header


def train(source: str, data: dict[str, np.ndarray], *, predict: str = "validation", **changes):
    recipe = RECIPE.model_copy(update=changes)
    job = {"kind": "train", "source": source, "problem": PROBLEM.model_dump(), "predict": predict}
    return list(perform(job | {"recipe": recipe.model_dump()}, data))


def test_building_counts():
    facts = build(GOOD)
    convolution, norm, head = 8 * 9 + 8, 2 * 8, 128 * CLASSES + CLASSES
    assert facts["parameters"] == convolution + norm + head
    # A multiply-add counts as two.
    assert facts["flops"] == 2 * (8 * 8 * 8 * 9 + 128 * CLASSES)
    assert facts["graph"].startswith("g1:")
    assert facts["seconds"] > 0


def test_the_graph_is_the_same_for_the_same_network_in_other_words():
    assert build(GOOD)["graph"] == build(GOOD.replace("self.conv", "self.stem"))["graph"]
    assert build(GOOD)["graph"] == build(WITH_VIEW)["graph"]
    assert build(GOOD)["graph"] != build(GOOD.replace("relu", "gelu"))["graph"]


def test_recurrent_layers_cost_flops():
    source = module(
        init="self.rnn = nn.LSTM(8, 16, 2, batch_first=True)\n"
        "self.head = nn.Linear(16, out_shape[0])",
        forward="return self.head(self.rnn(x.squeeze(1))[0][:, -1])",
    )
    steps, hidden = 8, 16
    first, second = 4 * hidden * (8 + hidden), 4 * hidden * (hidden + hidden)
    assert build(source)["flops"] == 2 * (steps * (first + second) + hidden * CLASSES)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"forward": "return x.flatten(1)"}, ContractError, "no trainable parameter"),
        (
            {"forward": "return self.head.weight"},
            ContractError,
            r"shape \(4, 128\), wanted \(2, 4\)",
        ),
        ({"forward": "return None"}, ContractError, "returns NoneType, not a tensor"),
        ({"forward": "return (x, x)"}, ContractError, "returns tuple, not a tensor"),
        (
            {"forward": "return self.head(torch.zeros(len(x), 128)) * float('inf')"},
            ContractError,
            "not finite",
        ),
        ({"forward": "return torch.zeros(len(x), 4)"}, ContractError, "any parameter"),
        (
            {"forward": "return torch.zeros(len(x), 4, dtype=torch.int64)"},
            ContractError,
            "torch.int64",
        ),
        ({"forward": "return self.missing(x)"}, AttributeError, "missing"),
        ({"forward": "return self.head(x)"}, RuntimeError, "shapes cannot be multiplied"),
        ({"extra": "import no_such_module"}, ModuleNotFoundError, "no_such_module"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_network_that_breaks_the_contract_says_how(changes, error, message):
    if "no trainable" in message:
        changes = changes | {"init": "pass"}
    with pytest.raises(error, match=message):
        build(module(**changes))


@pytest.mark.parametrize(
    "source",
    ["x = 1", "def Net(*a): return None", "class Net:\n    pass", "Net = 3"],
    ids=["missing", "function", "plain class", "number"],
)
def test_net_has_to_be_a_module_class(source):
    with pytest.raises(ContractError, match=r"derived from torch\.nn\.Module"):
        build(source)


def test_a_network_for_one_batch_size_only_is_refused():
    forward = "x = F.relu(self.conv(x))\nreturn self.head(F.max_pool2d(x, 2).view(2, -1))"
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        build(module(forward=forward))


def test_a_network_that_fails_in_evaluation_mode_is_refused():
    forward = (
        "x = F.max_pool2d(self.conv(x), 2)\nreturn self.head(x.flatten(1)) if self.training else x"
    )
    with pytest.raises(ContractError, match="wanted"):
        build(module(forward=forward))


def test_a_traceback_shows_the_line():
    with pytest.raises(AttributeError) as caught:
        build(module(forward="return self.missing(x)"))
    assert "return self.missing(x)" in "".join(traceback.format_tb(caught.value.__traceback__))


def test_a_module_may_hold_dataclasses():
    extra = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Width:\n    value: int = 8"
    )
    source = extra + "\n" + GOOD.replace("8, 3, padding", "Width().value, 3, padding")
    assert build(source)["parameters"] == build(GOOD)["parameters"]


def test_a_network_gets_what_the_contract_says():
    extra = "SEEN = []"
    init = (
        "SEEN.append((in_shape, out_shape, prm, device))\nself.head = nn.Linear(64, out_shape[0])"
    )
    network = load_network(module(extra=extra, init=init, forward="return x"), PROBLEM, RECIPE)
    seen = type(network).__init__.__globals__["SEEN"]
    assert seen == [((2, 1, 8, 8), (CLASSES,), RECIPE.hyperparameters, torch.device("cpu"))]


def test_training_predicts_after_each_epoch(data):
    parts = train(GOOD, data, epochs=3)
    assert [header["epoch"] for header, _ in parts] == [1, 2, 3]
    for _, arrays in parts:
        assert set(arrays) == {"scores"}
        assert arrays["scores"].shape == (80, CLASSES)
        assert arrays["scores"].dtype == np.float32
    _, labels = quadrants(80, seed=1)
    assert (parts[2][1]["scores"].argmax(1) == labels).mean() > 0.9
    losses = [header["loss"] for header, _ in parts]
    assert losses == sorted(losses, reverse=True)
    assert all(header["seconds"] > 0 and header["samples"] == 400 for header, _ in parts)


def test_the_test_split_is_predicted_once(data):
    (_, early), (_, late) = train(GOOD, data, predict="test", epochs=2)
    assert early == {}
    _, labels = quadrants(60, seed=2)
    assert (late["scores"].argmax(1) == labels).mean() > 0.9


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_the_same_training_gives_the_same_scores(data, optimizer):
    first = train(GOOD, data, optimizer=optimizer)[-1][1]["scores"]
    torch.rand(7)
    second = train(GOOD, data, optimizer=optimizer)[-1][1]["scores"]
    other = train(GOOD, data, optimizer=optimizer, seed=1)[-1][1]["scores"]
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_a_view_across_channels_trains_too(data):
    arrays = train(WITH_VIEW, data)[-1][1]
    _, labels = quadrants(80, seed=1)
    assert (arrays["scores"].argmax(1) == labels).mean() > 0.9


def test_the_data_stay_as_they_are(data):
    before = {name: array.copy() for name, array in data.items()}
    train(GOOD, data)
    assert all(np.array_equal(data[name], before[name]) for name in data)


def test_a_loss_that_is_not_finite_ends_the_training(data):
    forward = "x = self.head(F.max_pool2d(self.conv(x), 2).flatten(1))\nreturn x * float('nan')"
    with pytest.raises(DivergedError):
        train(module(forward=forward), data)


def test_a_tuple_cannot_be_trained(data):
    with pytest.raises((TypeError, AttributeError)):
        train(module(forward="return (self.head(torch.zeros(len(x), 128)), x)"), data)


def test_the_first_version_that_keeps_the_caps_is_found():
    sources = [GOOD.replace("8, 3", f"{w}, 3").replace("(8", f"({w}") for w in (64, 16, 8)]
    job = {"kind": "fit", "problem": PROBLEM.model_dump(), "recipe": RECIPE.model_dump()}
    job["sources"] = [s.replace("Linear(8 *", "Linear(W *") for s in sources]
    job["sources"] = [
        s.replace("W *", f"{w} *") for s, w in zip(job["sources"], (64, 16, 8), strict=True)
    ]
    wide, narrow = {"parameters": 2_000, "flops": 10**9}, {"parameters": 10, "flops": 10**9}
    found = perform(job | {"caps": wide}, {})[0]
    built = perform(job | {"kind": "build", "source": job["sources"][1]}, {})[0]
    assert found["index"] == 1
    assert [found[k] for k in ("parameters", "flops", "graph")] == [
        built[k] for k in ("parameters", "flops", "graph")
    ]
    assert perform(job | {"caps": narrow}, {})[0]["index"] == -1
    slow = {"parameters": 10**9, "flops": 2 * (64 * 8 * 9 + 128 * CLASSES)}
    assert perform(job | {"caps": slow}, {})[0]["index"] == 2


def test_an_unknown_job_is_an_error():
    with pytest.raises(ValueError, match="unknown job 'dance'"):
        perform({"kind": "dance"}, {})
