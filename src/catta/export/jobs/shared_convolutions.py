"""Convolutions whose output goes elsewhere too keep their own output when a graph is quantized."""

# torch ships partly typed: what it leaves unknown is not our mistake.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import torch
from torch.fx import GraphModule, Node

_CONVOLUTION = "aten.conv"
_NORMALISATION = torch.ops.aten.batch_norm.default


def keep_shared_convolutions(module: GraphModule) -> GraphModule:
    """Put a copy between a convolution with several users and a normalisation behind it.

    torchao's `prepare_pt2e` folds a normalisation into the convolution before it without looking
    who else uses the convolution's output: in a residual network that alters the other branch.
    """
    for node in list(module.graph.nodes):
        before = node.args[0] if node.args else None
        if (
            node.target is _NORMALISATION
            and isinstance(before, Node)
            and str(before.target).startswith(_CONVOLUTION)
            and len(before.users) > 1
        ):
            with module.graph.inserting_before(node):
                copy = module.graph.call_function(torch.ops.aten.clone.default, (before,))
            copy.meta = dict(before.meta)
            node.replace_input_with(before, copy)
    module.recompile()
    return module
