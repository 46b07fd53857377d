"""What is found in a network without training it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
