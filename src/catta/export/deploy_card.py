"""The model card of a folder that a network was deployed to."""

from __future__ import annotations

from collections.abc import Iterator

from catta.corpus.edge import EdgeMeasurement
from catta.export.exporting import Exported
from catta.export.preprocessing import Preprocessing
from catta.records import Network

_MEBI = 1 << 20
_ESCAPED = "\\`*_{}[]<>|#"


def card(
    exported: Exported,
    preprocessing: Preprocessing,
    *,
    lineage: list[Network],
    measurements: list[EdgeMeasurement],
    origin: str,
) -> str:
    """Markdown; see `catta.export.deploying.deploy`."""
    lines = [
        *_head(exported),
        *_use(preprocessing),
        *_training(exported, origin),
        *_accuracy(exported),
        *_latency(measurements),
        *_provenance(exported, lineage),
    ]
    return "\n".join(lines) + "\n"


def _head(exported: Exported) -> Iterator[str]:
    problem = exported.subject.data.problem
    shape = " x ".join(map(str, problem.sample))
    size = len(exported.content) / _MEBI
    yield f"# {_plain(exported.subject.network.name)}"
    yield ""
    yield (
        f"A network that sorts images ({shape}, channels x height x width) into "
        f"{problem.outputs} classes: `model.onnx`, {size:.2f} MiB, quantization "
        f"{exported.quantization}."
    )


def _use(preprocessing: Preprocessing) -> Iterator[str]:
    height, width = preprocessing.content
    colour = "grey" if preprocessing.channels == 1 else "RGB"
    yield from ("", "## Use", "", "```", "pip install -r requirements.txt")
    yield from ("python predict.py IMAGE.png", "```", "")
    yield (
        f"Images become {colour}, {height} x {width} pixels, get the border and are normalised by "
        "the mean and deviation that `normalisation.json` says; `labels.json` names the classes "
        "in the order of the scores."
    )


def _training(exported: Exported, origin: str) -> Iterator[str]:
    recipe = exported.subject.recipe
    whence = f" ({_plain(origin)})" if origin else ""
    yield from ("", "## Training data", "")
    if exported.subject.trained:
        yield (
            f"{_plain(recipe.dataset)}{whence}: {recipe.train_samples:,} training images, "
            f"{recipe.epochs} epochs, batch {recipe.batch}, {recipe.optimizer}, seed {recipe.seed}."
        )
    else:
        yield "None: the weights are those that the network is born with, and its answers noise."


def _accuracy(exported: Exported) -> Iterator[str]:
    recipe, found = exported.subject.recipe, exported.agreement
    yield from ("", "## Accuracy", "")
    yield (
        f"{recipe.metric} on the validation split of {_plain(recipe.dataset)}: "
        f"{exported.accuracy_after:.4f} of this file, {exported.accuracy_before:.4f} of the "
        f"network in PyTorch. The networks of a search are chosen on this split, so expect a "
        "little less on other images."
    )
    yield ""
    yield (
        f"Of {found.samples} images {found.top1:.1%} get the same class as in PyTorch; the largest "
        f"difference of two scores is {found.max_abs:.2g}."
    )


def _latency(measurements: list[EdgeMeasurement]) -> Iterator[str]:
    yield from ("", "## Latency", "")
    if not measurements:
        yield "Not measured."
        return
    yield "| device | system | runtime | threads | batch | median ms | p95 ms | peak MiB |"
    yield "|---|---|---|--:|--:|--:|--:|--:|"
    for one in measurements:
        memory = "" if one.peak_memory_mb is None else f"{one.peak_memory_mb:.1f}"
        yield (
            f"| {_plain(one.device)} | {_plain(one.os)} | {one.runtime} "
            f"{_plain(one.runtime_version)} | {one.threads} | {one.batch} | {one.median_ms:.3f} "
            f"| {one.p95_ms:.3f} | {memory} |"
        )


def _provenance(exported: Exported, lineage: list[Network]) -> Iterator[str]:
    network = exported.subject.network
    yield from ("", "## Licence and lineage", "")
    yield f"Licence of the network: {_plain(network.licence or 'not stated')}."
    yield ""
    yield f"- this network: {_plain(network.name)}, `{network.id}`, origin {network.origin}"
    for parent in lineage:
        yield f"- made from: {_plain(parent.name)}, `{parent.id}`, origin {parent.origin}"
    yield f"- the file: SHA-256 `{exported.sha256}`"


def _plain(text: str) -> str:
    """Text of others' as text and not as Markdown."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return "".join(f"\\{c}" if c in _ESCAPED else c for c in line)
