"""What a torch function is called in a graph, and which of its arguments are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from torch import Tensor

from catta.graphs import MAX_SETTINGS

_WORD = re.compile(r"\w{1,100}", re.ASCII)
_LARGEST = 2**53

_ALIASES = {
    **{f"__{side}{name}__": name for side in "ir" for name in ("add", "sub", "mul", "pow")},
    **{f"__{side}{name}__": "div" for side in "ir" for name in ("div", "truediv")},
    **dict.fromkeys(("__truediv__", "true_divide", "divide"), "div"),
    **dict.fromkeys(("__rmatmul__", "__imatmul__"), "matmul"),
    **dict.fromkeys(("rsub", "subtract"), "sub"),
    **dict.fromkeys(("concat", "concatenate"), "cat"),
    "multiply": "mul",
    "log_sigmoid": "logsigmoid",
    "special_softmax": "softmax",
    "multi_head_attention_forward": "multi_head_attention",
    "native_multi_head_attention": "multi_head_attention",
    "special_expit": "sigmoid",
    "softmin": "softmax",
    "batch_norm_impl_index": "batch_norm",
}

_TRANSPARENT = frozenset(
    {
        *("detach", "contiguous", "clone", "to", "type", "float", "double", "half", "bfloat16"),
        *("type_as", "cpu", "cuda", "alias", "data", "requires_grad", "as_subclass", "positive"),
    }
)

_CONVOLUTION = ("", "weight", "", "stride", "padding", "dilation", "groups")
_TRANSPOSED = ("", "weight", "", "stride", "padding", "", "groups", "dilation")
_POOL = ("", "kernel_size", "stride", "padding")
_REDUCTION = ("", "dim", "keepdim")
_POSITIONAL: dict[str, tuple[str, ...]] = {
    **{f"conv{n}d": _CONVOLUTION for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _TRANSPOSED for n in (1, 2, 3)},
    **{f"{kind}_pool{n}d": _POOL for kind in ("max", "avg") for n in (1, 2, 3)},
    **{f"adaptive_{kind}_pool{n}d": ("", "size") for kind in ("max", "avg") for n in (1, 2, 3)},
    **dict.fromkeys(("mean", "sum", "amax", "amin", "std", "var", "max"), _REDUCTION),
    **dict.fromkeys(("softmax", "log_softmax", "cat", "stack", "glu"), ("", "dim")),
    **dict.fromkeys(
        ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d", "dropout2d"), ("", "p")
    ),
    "dropout3d": ("", "p"),
    "lp_pool2d": ("", "", "kernel_size", "stride"),
    "group_norm": ("", "groups"),
    "layer_norm": ("", "size"),
    "rms_norm": ("", "size"),
    "hardtanh": ("", "min_val", "max_val"),
    "leaky_relu": ("", "negative_slope"),
    "elu": ("", "alpha"),
    "flatten": ("", "start_dim", "end_dim"),
    "chunk": ("", "chunks", "dim"),
    "split": ("", "size", "dim"),
    "unfold": ("", "kernel_size", "dilation", "padding", "stride"),
    "pixel_shuffle": ("", "factor"),
    "channel_shuffle": ("", "groups"),
    "interpolate": ("", "size", "scale_factor", "mode"),
    "pad": ("", "padding", "mode"),
    "unsqueeze": ("", "dim"),
    "squeeze": ("", "dim"),
    "multi_head_attention": ("", "", "", "", "heads"),
}
"""What the arguments of functions are called by their places; empty for those not told."""

_KEYWORDS = {
    "kernel_size": "kernel",
    "output_size": "size",
    "num_groups": "groups",
    "normalized_shape": "size",
    "split_size": "size",
    "upscale_factor": "factor",
    "num_heads": "heads",
}
"""Other names under which arguments are told."""


def operator_name(function: Any) -> str:
    """Name of a torch function, in-place variants and methods by that of the function."""
    name: str = getattr(function, "__name__", "") or type(function).__name__
    if name == "__get__":  # of a property, such as `x.T`
        name = getattr(getattr(function, "__self__", None), "__name__", name)
    if name in _ALIASES:
        return _ALIASES[name]
    name = name.strip("_") or "unknown"
    if name[:1] == "i" and name[1:] in ("and", "or", "xor"):
        name = name[1:]
    name = _ALIASES.get(name, name)
    return name if _WORD.fullmatch(name) else "unknown"


def refined(operator: str, settings: Mapping[str, object]) -> str:
    """The name that people use where torch has one function for several operators."""
    limits = (settings.get("min_val"), settings.get("max_val"))
    return "relu6" if operator == "hardtanh" and limits == (0, 6) else operator


def is_transparent(operator: str) -> bool:
    """Whether it hands on what it was given, perhaps in another type or memory."""
    return operator in _TRANSPARENT


def settings_of(
    operator: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, object]:
    """The arguments that say what kind of operator it is, as numbers, words, and few numbers."""
    names = _POSITIONAL.get(operator)
    if names is None:
        return {}
    told = {name: value for name, value in zip(names, args, strict=False) if name}
    told |= {name: value for name, value in kwargs.items() if name in names or name in _KEYWORDS}
    found: dict[str, object] = {}
    weight = told.pop("weight", None)
    if isinstance(weight, Tensor):
        groups = told.get("groups", 1)
        transposed = "transpose" in operator
        found["kernel"] = tuple(weight.shape[2:])
        if isinstance(groups, int):
            found["channels"] = weight.shape[0] if transposed else weight.shape[1] * groups
    for name, value in told.items():
        plain = _plain(value)
        if plain is not None:
            found[_KEYWORDS.get(name, name)] = plain
    return found


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        items: list[object] = [_plain(item) for item in cast("Iterable[object]", value)]
        good = len(items) <= MAX_SETTINGS and all(isinstance(item, int | float) for item in items)
        return tuple(items) if good else None
    if isinstance(value, bool | int | float):
        return value if abs(value) < _LARGEST else None  # neither NaN nor infinity
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    return None
