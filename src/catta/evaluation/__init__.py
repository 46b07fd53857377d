"""Evaluation of networks: cheap checks on the text, then training in a sandbox.

The names below are loaded when they are first used: a zygote imports this package before it
locks itself in, and needs next to nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catta.lazy import exports

if TYPE_CHECKING:
    from catta.evaluation.building import Built, Fitted, build_check, first_fit
    from catta.evaluation.costs import Costs, measure_costs
    from catta.evaluation.inspection import Inspected, inspect_network
    from catta.evaluation.instance import ContractError, instantiate
    from catta.evaluation.sandbox import SANDBOXES, Sandbox, available_sandboxes, choose_sandbox
    from catta.evaluation.scoring import ScoringData, TrainReport, assess, train_and_score
    from catta.evaluation.static import Screened, screen_source
    from catta.evaluation.static_policy import ALLOWED_IMPORTS, CHECKED_IMPORTS, find_pretrained
    from catta.evaluation.worker import Reply, Worker

__all__ = [
    "ALLOWED_IMPORTS",
    "CHECKED_IMPORTS",
    "SANDBOXES",
    "Built",
    "ContractError",
    "Costs",
    "Fitted",
    "Inspected",
    "Reply",
    "Sandbox",
    "ScoringData",
    "Screened",
    "TrainReport",
    "Worker",
    "assess",
    "available_sandboxes",
    "build_check",
    "choose_sandbox",
    "find_pretrained",
    "first_fit",
    "inspect_network",
    "instantiate",
    "measure_costs",
    "screen_source",
    "train_and_score",
]

_HOMES = {
    "ALLOWED_IMPORTS": "catta.evaluation.static_policy",
    "CHECKED_IMPORTS": "catta.evaluation.static_policy",
    "SANDBOXES": "catta.evaluation.sandbox",
    "Built": "catta.evaluation.building",
    "ContractError": "catta.evaluation.instance",
    "Costs": "catta.evaluation.costs",
    "Fitted": "catta.evaluation.building",
    "Inspected": "catta.evaluation.inspection",
    "Reply": "catta.evaluation.worker",
    "Sandbox": "catta.evaluation.sandbox",
    "ScoringData": "catta.evaluation.scoring",
    "Screened": "catta.evaluation.static",
    "TrainReport": "catta.evaluation.scoring",
    "Worker": "catta.evaluation.worker",
    "assess": "catta.evaluation.scoring",
    "available_sandboxes": "catta.evaluation.sandbox",
    "build_check": "catta.evaluation.building",
    "choose_sandbox": "catta.evaluation.sandbox",
    "find_pretrained": "catta.evaluation.static_policy",
    "first_fit": "catta.evaluation.building",
    "inspect_network": "catta.evaluation.inspection",
    "instantiate": "catta.evaluation.instance",
    "measure_costs": "catta.evaluation.costs",
    "screen_source": "catta.evaluation.static",
    "train_and_score": "catta.evaluation.scoring",
}

__getattr__, __dir__ = exports(__name__, _HOMES)
