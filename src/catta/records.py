"""The words of Catta as typed, frozen records; they flow one way, from prompt to corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Outcome(StrEnum):
    """How a candidate ended. A failure is data and never a score."""

    OK = "OK"
    INVALID = "INVALID"
    DUPLICATE = "DUPLICATE"
    TIMEOUT = "TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    CRASHED = "CRASHED"


class Stage(StrEnum):
    """The steps of a candidate's way, cheapest first; a failure records which one decided."""

    EXTRACT = "extract"
    PARSE = "parse"
    POLICY = "policy"
    CONTRACT = "contract"
    NOVELTY = "novelty"
    BUILD = "build"
    EDGE = "edge"
    TRAIN = "train"
    SCORE = "score"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The outcome of one candidate, with the stage that decided it and one sentence of reason."""

    outcome: Outcome
    stage: Stage
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the network was trained and scored."""
        return self.outcome is Outcome.OK


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """One Python module that defines `class Net(torch.nn.Module)`.

    Attributes:
        id: Versioned hash of the canonical source, `n1:<hex>`.
        source: Normalised source text (no comments, one statement a line), except that a
            published network (origin `lemur`, `user`) keeps its own text.
        name: The name it came with (a LEMUR name, a file stem, `run/cycle/index`).
        origin: Where it came from; `architecture` is a published one reduced to what a run
            learns from.
        parent: Id of the network it was adapted or mutated from.
        licence: SPDX identifier of the licence that travels with it.
    """

    id: str
    source: str
    name: str
    origin: Literal["lemur", "architecture", "adapted", "candidate", "user"]
    parent: str | None = None
    licence: str | None = None


class Shapes(BaseModel):
    """What goes in and comes out of a network, without the batch axis."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: int
    height: int
    width: int
    classes: int


class Problem(BaseModel):
    """What a network is asked for, on any task.

    Attributes:
        task: LEMUR's name of the task.
        sample: Shape of one input: (channels, height, width) of an image, (length,) of a text.
        outputs: What comes out, as LEMUR counts it: classes; of detection and segmentation with
            the background as class 0; of texts and captions the words of the vocabulary.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str = "img-classification"
    sample: tuple[int, ...]
    outputs: int

    @property
    def out_shape(self) -> tuple[int, ...]:
        """The second argument of a network's constructor."""
        return (self.outputs,)


class Caps(BaseModel):
    """The largest network a run accepts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameters: int = Field(
        default=1_000_000, gt=0, description="largest number of trainable parameters"
    )
    flops: int = Field(
        default=50_000_000,
        gt=0,
        description="largest number of FLOPs of one forward pass of one sample",
    )

    def share(self, facts: BuildFacts) -> float:
        """The larger of the two shares of the caps that a network uses; above 1: too large."""
        return max(facts.parameters / self.parameters, facts.flops / self.flops)


class Recipe(BaseModel):
    """Everything that fixes a training; evaluations are comparable when their recipes are.

    All numbers are finite, because JSON, in which recipes are stored and hashed, has no others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    task: str = Field(default="img-classification", description="what the network is for")
    dataset: str = Field(default="fashion-mnist", description="name of the dataset")
    resolution: int = Field(
        default=32, ge=8, le=512, description="height and width of the inputs in pixels"
    )
    train_samples: int = Field(
        default=10_000, ge=10, description="stratified subset that is trained on"
    )
    validation_samples: int = Field(
        default=5_000, ge=10, description="stratified subset that is scored on"
    )
    epochs: int = Field(default=1, ge=1, le=1_000, description="passes over the training subset")
    batch: int = Field(default=64, ge=1, le=4_096, description="samples a step")
    optimizer: Literal["adamw", "sgd"] = Field(default="adamw", description="optimizer")
    lr: float = Field(default=2e-3, gt=0, description="(peak) learning rate")
    momentum: float = Field(default=0.9, ge=0, lt=1, description="momentum of SGD")
    weight_decay: float = Field(default=0.01, ge=0, description="weight decay")
    schedule: Literal["one-cycle", "constant"] = Field(
        default="one-cycle", description="learning rate over time"
    )
    clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    dropout: float = Field(
        default=0.2, ge=0, lt=1, description="the `dropout` hyperparameter given to the network"
    )
    seed: int = Field(
        default=0,
        ge=0,
        lt=2**32,  # NumPy takes no more
        description="seed of initialisation, data order and splits",
    )
    seconds: float = Field(
        default=60.0, gt=0, le=1_000_000, description="wall-clock limit of one training"
    )
    memory_mb: int = Field(
        default=4_096, ge=256, le=2**24, description="memory limit of one training in MiB"
    )
    metric: str = Field(default="acc", description="what the score is, of the task's metrics")
    track: Literal["fixed", "own"] = Field(
        default="fixed",
        description="who trains: the evaluator (`fixed`), or the network's own `train_setup` and "
        "`learn` (`own`)",
    )
    transform: str | None = Field(
        default=None,
        description="name of a transform of LEMUR's; without one, images are only normalised",
    )
    length: int = Field(default=128, ge=2, le=4_096, description="tokens of one sample of a text")
    prm: dict[str, float] = Field(
        default={}, description="further hyperparameters that are given to the network"
    )
    amp: bool = Field(default=False, description="train in bfloat16 where that is safe (autocast)")
    layout: Literal["auto", "contiguous", "channels-last"] = Field(
        default="auto", description="memory layout of images"
    )
    compile: bool = Field(default=False, description="compile the network with torch.compile")

    @field_validator("prm")
    @classmethod
    def _in_order(cls, prm: dict[str, float]) -> dict[str, float]:
        return dict(sorted(prm.items()))  # the order in which they were given says nothing

    @property
    def id(self) -> str:
        """Versioned hash of all fields, `r1:<hex>`.

        Fields that came later enter only where they say something: recipes keep their ids.
        """
        fields = type(self).model_fields
        unsaid = {name for name in _LATER_FIELDS if getattr(self, name) == fields[name].default}
        text = self.model_dump_json(exclude=unsaid)
        return "r1:" + hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def hyperparameters(self) -> dict[str, float]:
        """The `prm` argument of a network: names to floats, as LEMUR's networks expect it."""
        return {
            "lr": self.lr,
            "momentum": self.momentum,
            "dropout": self.dropout,
            "batch": float(self.batch),
            **self.prm,
        }


_LATER_FIELDS = ("metric", "track", "transform", "length", "prm", "amp", "layout", "compile")


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildFacts:
    """What building a network and one tiny forward and backward pass show.

    Attributes:
        parameters: Number of trainable parameters.
        flops: FLOPs of one forward pass of one sample (a multiply-add counts as two).
        graph: Hash of the traced graph: operators, shapes, edges; `g1:<hex>`.
        seconds: Wall-clock time of the check.
    """

    parameters: int
    flops: int
    graph: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochMeasurement:
    """One epoch of one training; what nobody measured is None.

    Attributes:
        epoch: From 1.
        loss: Mean over the batches of training; NaN where a network that trains itself hides it.
        accuracy: The recipe's metric on the validation split.
        seconds: Wall-clock time of the training, without prediction.
        learning_rate: Of the last step.
        gradient_norm: Mean norm of the gradient before clipping.
        samples_per_second: Samples trained on.
        peak_memory_mb: Largest resident memory of the process so far, in MiB, with shared pages.
        metrics: All metrics of the task on the validation split, by name.
    """

    epoch: int
    loss: float
    accuracy: float
    seconds: float
    learning_rate: float | None = None
    gradient_norm: float | None = None
    samples_per_second: float | None = None
    peak_memory_mb: float | None = None
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """One network trained and measured under one recipe.

    Attributes:
        verdict: The outcome; only an OK evaluation has measurements.
        epochs: One measurement an epoch, the last one is the network's score.
        facts: What the build check showed, if it got that far.
        seconds: Wall-clock time of everything in the sandbox.
    """

    network_id: str
    recipe_id: str
    verdict: Verdict
    epochs: tuple[EpochMeasurement, ...] = ()
    facts: BuildFacts | None = None
    seconds: float = 0.0

    @property
    def accuracy(self) -> float | None:
        """Validation accuracy after the last epoch in 0..1, or None."""
        return self.epochs[-1].accuracy if self.epochs else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """A known network and how alike it is: Jaccard similarity of 10-token shingles, 0..1."""

    network_id: str
    jaccard: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """What a language model is asked: an instruction and the forced beginning of its answer."""

    text: str
    prefix: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """What a generator answered.

    Attributes:
        text: The whole module, forced prefix included.
        tokens: Tokens generated (0 where none are).
        finished: Whether the generator ended by itself, before its token limit.
        parent: Id of the network it was made from (mutation).
    """

    text: str
    tokens: int = 0
    finished: bool = True
    parent: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One prompt-completion pair for fine-tuning; the completion includes the forced prefix."""

    prompt: str
    completion: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Adapter:
    """A LoRA adapter on disk (a directory as peft writes it) with the hash of its weights."""

    path: str
    sha256: str
    base_model: str
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    losses: tuple[float, ...] = ()
    details: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


class Phase(StrEnum):
    """How far a candidate has come; it only moves forward."""

    GENERATED = "generated"
    SCREENED = "screened"
    DONE = "done"


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One completion of a generator, in one cycle of one run, and all that became of it.

    Attributes:
        index: Position in the cycle, from 0.
        phase: How far it has come.
        seed: Seed of the batch in which it was generated.
        generator: Identity of what generated it: the adapter's SHA-256, or the backend's name.
        source: Normalised source, once it parsed.
        network_id: Identity of the network, once it parsed.
        nearest: The most similar network known when it was screened.
        verdict: How it ended; None until phase DONE.
        accuracy: Validation accuracy in 0..1 if it was trained.
        admitted: Whether it was selected as an example for the following cycles.
        timings: Wall-clock seconds by stage.
    """

    run: str
    cycle: int
    index: int
    phase: Phase
    prompt: Prompt
    completion: Completion
    seed: int
    generator: str
    source: str | None = None
    network_id: str | None = None
    nearest: Match | None = None
    facts: BuildFacts | None = None
    verdict: Verdict | None = None
    accuracy: float | None = None
    admitted: bool = False
    timings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def builds(self) -> bool:
        """Whether the network builds, runs forward and backward and keeps the caps."""
        return self.facts is not None and (
            self.verdict is None or self.verdict.stage is not Stage.BUILD
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Cycle:
    """One turn of a run. `closed` cycles have their selection made and their metrics stored.

    Attributes:
        generator: Identity of what generates in this cycle (adapter SHA-256 or backend name).
        adapter: Adapter that fine-tuning on this cycle produced, if it did.
        timings: Wall-clock seconds by stage (`generate`, `screen`, `train`, `finetune`, ...).
        metrics: What the table of cycles shows, by name.
    """

    run: str
    number: int
    generator: str
    closed: bool = False
    adapter: Adapter | None = None
    timings: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    metrics: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One closed loop.

    Attributes:
        id: Short name, unique in its corpus.
        arm: Generator the run uses: `lora`, `frozen` or `mutation`.
        config: The resolved configuration, as plain data.
        commit: Git commit of the code that ran, where it is known.
        created: UTC, ISO 8601.
        finished: UTC, ISO 8601, or None while there is something left to do.
        assessment: The final assessment on the test split, by name.
    """

    id: str
    arm: str
    config: Mapping[str, object]
    commit: str | None
    created: str
    finished: str | None = None
    assessment: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """An accuracy that somebody else reported for a network under a recipe of their own."""

    network_id: str
    task: str
    dataset: str
    metric: str
    epoch: int
    accuracy: float
    source: str


class InspectionOutcome(StrEnum):
    """How an inspection ended; as `Outcome`, and what is not for inspecting."""

    OK = "OK"
    INVALID = "INVALID"
    TIMEOUT = "TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    CRASHED = "CRASHED"
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """What a network is like at the smallest input that it works with.

    Attributes:
        resolution: Height and width of that input in pixels; of a text, its tokens.
        parameters: Number of parameters.
        trainable: Number of those that training changes; the others are frozen.
        parameter_bytes: Memory that the parameters take up.
        buffer_bytes: Memory that its buffers take up, such as running means.
        activation_bytes: Memory that the results of all operators of one forward pass of one
            sample take up together, views excluded.
        flops: FLOPs of one forward pass of one sample (a multiply-add counts as two).
        depth: Convolutions and products with weights on the longest path from the input to the
            output: 18 for a ResNet-18. A recurrent layer has one for each step.
        nesting: Longest chain of modules within modules, the network itself not counted.
        layers: Number of modules in it, at any depth.
        leaf_layers: Number of those that hold no other.
        dropouts: Number of dropout layers.
        operators: How often each operator of ATen runs in one forward pass in training mode.
        attention: Whether a softmax of activations is multiplied, as a matrix, with activations.
        residual: Whether two activations of one shape are added.
        graph: Hash of the traced graph as `BuildFacts` has it; None where that cannot be known
            without computing.
        pretrained: Whether it asked for pretrained weights; it got random ones.
        computed: Whether it took real tensors to find this out; shapes alone are enough for most.
        seconds: Wall-clock time of the inspection.
    """

    resolution: int
    parameters: int
    trainable: int
    parameter_bytes: int
    buffer_bytes: int
    activation_bytes: int
    flops: int
    depth: int
    nesting: int
    layers: int
    leaf_layers: int
    dropouts: int
    operators: Mapping[str, int]
    attention: bool
    residual: bool
    graph: str | None
    pretrained: bool
    computed: bool
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Inspection:
    """Static facts of a network for a task, found in the sandbox without training it.

    Attributes:
        outcome: OK where it builds and works with an input of some size.
        error: Why not, with the largest of the sizes.
        structure: What it is like, where it is OK.
        version: Version of the inspection; another one may find something else.
    """

    network_id: str
    task: str
    outcome: InspectionOutcome
    error: str | None = None
    structure: Structure | None = None
    version: int = 1
