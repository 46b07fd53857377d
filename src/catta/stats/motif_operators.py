"""What kinds of operators there are, by the names that traced graphs give them."""

from __future__ import annotations

from types import MappingProxyType

from catta.graphs import GraphNode

NORMALISATION, POOLING, ACTIVATION = "normalisation", "pooling", "activation"
CONVOLUTION, BLOCK, LAYER = "convolution", "block", "layer"

CONVOLUTIONS = frozenset({"conv1d", "conv2d", "conv3d"})
TRANSPOSED = frozenset({"conv_transpose1d", "conv_transpose2d", "conv_transpose3d"})
RECURRENT = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell"})
PRODUCTS = frozenset({"matmul", "bmm", "einsum", "baddbmm", "mm"})
ATTENTION = frozenset({"multi_head_attention", "scaled_dot_product_attention"})
WEIGHTED = (
    CONVOLUTIONS | TRANSPOSED | RECURRENT | PRODUCTS | ATTENTION | {"linear", "bilinear", "addmm"}
)
"""What mixes features: a branch without any of these only hands them on."""

NORMALISATIONS = MappingProxyType(
    {
        "batch_norm": "batch norm",
        "layer_norm": "layer norm",
        "group_norm": "group norm",
        "instance_norm": "instance norm",
        "rms_norm": "RMS norm",
        "local_response_norm": "local response norm",
        "normalize": "unit norm",
    }
)
POOLS = MappingProxyType(
    {
        **{f"max_pool{n}d": "max pool" for n in (1, 2, 3)},
        **{f"adaptive_max_pool{n}d": "adaptive max pool" for n in (1, 2, 3)},
        **{f"avg_pool{n}d": "average pool" for n in (1, 2, 3)},
        **{f"adaptive_avg_pool{n}d": "adaptive average pool" for n in (1, 2, 3)},
        **{f"lp_pool{n}d": "power-average pool" for n in (1, 2, 3)},
        **{f"fractional_max_pool{n}d": "fractional max pool" for n in (2, 3)},
    }
)
REDUCTIONS = frozenset({"mean", "amax", "max", "sum", "std", "var"})
ACTIVATIONS = frozenset(
    {
        *("relu", "relu6", "leaky_relu", "prelu", "rrelu", "elu", "selu", "celu", "gelu", "glu"),
        *("silu", "mish", "hardswish", "hardtanh", "tanh", "sigmoid", "hardsigmoid", "softplus"),
        *("softsign", "logsigmoid", "hardshrink", "softshrink", "tanhshrink", "threshold"),
    }
)
GATES = frozenset({"sigmoid", "hardsigmoid", "tanh"})
CLAMPS = frozenset({"relu6", "hardtanh", "clamp"})
"""Gates too, where they are scaled: `relu6(x + 3) / 6` is a hard sigmoid."""

DROPOUTS = frozenset(
    {
        *("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout"),
        *("feature_alpha_dropout", "native_dropout"),
    }
)
UPSAMPLING = frozenset({"interpolate", "upsample", "pixel_shuffle", *TRANSPOSED})
SPLITS = frozenset({"chunk", "split", "tensor_split", "unbind", "getitem", "narrow"})
NEUTRAL = frozenset(
    {
        *("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "permute", "mT", "T"),
        *("transpose", "swapaxes", "movedim", "expand", "expand_as", "view_as", "repeat"),
        *("moveaxis", "adjoint"),
    }
)
"""What only arranges values anew."""

ELEMENTWISE = frozenset({"add", "sub", "mul", "div", "clamp", "neg", "pow"})
LIGHT = NEUTRAL | DROPOUTS | frozenset(NORMALISATIONS) | ACTIVATIONS | {"pad"}
"""What may stand between the convolutions of one block."""


def kernel(node: GraphNode) -> tuple[int, ...]:
    """Height and width of a convolution's or a pool's kernel; empty where it has none."""
    found = node.settings.get("kernel")
    if isinstance(found, int):
        return (found,)
    return tuple(n for n in found if isinstance(n, int)) if isinstance(found, tuple) else ()


def reach(node: GraphNode) -> int:
    """Widest extent of a kernel with its dilation, in pixels; 0 where there is no kernel."""
    found = node.settings.get("dilation", 1)
    dilations = found if isinstance(found, tuple) else (found,)
    dilation = max((n for n in dilations if isinstance(n, int)), default=1)
    return max((1 + dilation * (size - 1) for size in kernel(node)), default=0)


def groups(node: GraphNode) -> int:
    """Groups of a convolution."""
    found = node.settings.get("groups", 1)
    return found if isinstance(found, int) else 1


def is_pointwise(node: GraphNode) -> bool:
    """Whether it mixes the channels of one place: a 1x1 convolution, a linear layer."""
    if node.operator == "linear":
        return True
    return node.operator in CONVOLUTIONS and set(kernel(node)) == {1} and groups(node) == 1


def is_depthwise(node: GraphNode) -> bool:
    """Whether it is a convolution of each channel by itself."""
    return node.operator in CONVOLUTIONS and groups(node) == node.settings.get("channels") != 1
