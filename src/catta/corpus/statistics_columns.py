"""LEMUR's columns about the networks themselves; what was never looked at is None."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, select

from catta.corpus import schema
from catta.corpus.shared_columns import FEW, Column, Shared
from catta.records import InspectionOutcome

NAMES = (
    *("nn_total_params", "nn_trainable_params", "nn_frozen_params", "nn_total_layers"),
    *("nn_leaf_layers", "nn_max_depth", "nn_flops", "nn_model_size_mb", "nn_buffer_size_mb"),
    *("nn_total_memory_mb", "nn_dropout_count", "nn_has_attention", "nn_has_residual"),
    *("nn_is_resnet_like", "nn_is_vgg_like", "nn_is_inception_like", "nn_is_densenet_like"),
    *("nn_is_unet_like", "nn_is_transformer_like", "nn_is_mobilenet_like"),
    *("nn_is_efficientnet_like", "nn_code_length", "nn_num_classes", "nn_num_functions"),
    *("nn_uses_sequential", "nn_uses_modulelist", "nn_uses_moduledict"),
    *("nn_stats_meta", "nn_stats_error"),
)
"""The columns, in LEMUR's order."""

_OF_TRAITS = {
    "nn_num_classes": "classes",
    "nn_num_functions": "functions",
    "nn_uses_sequential": "sequential",
    "nn_uses_modulelist": "module_list",
    "nn_uses_moduledict": "module_dict",
}

_OF_INSPECTIONS = {
    "nn_total_params": "parameters",
    "nn_trainable_params": "trainable",
    "nn_total_layers": "layers",
    "nn_leaf_layers": "leaf_layers",
    "nn_max_depth": "nesting",
    "nn_flops": "flops",
    "nn_dropout_count": "dropouts",
    "nn_has_attention": "attention",
    "nn_has_residual": "residual",
}

_META = ("resolution", "depth", "operators", "activation_bytes", "graph")
"""What an inspection found that LEMUR has no column for."""

_MB = 2**20


def statistics_columns(connection: Connection, columns: dict[str, Column]) -> dict[str, Column]:
    """The columns for the networks of a table with `nn_id` and `nn_code`."""
    ids, codes = cast("Shared", columns["nn_id"]), cast("Shared", columns["nn_code"])
    traits = _traits(connection, ids.values)
    facts = _facts(connection, ids.values)
    inspections = _inspections(connection, ids.values)
    rows = [
        _statistics(code, traits.get(identity), facts.get(identity))
        | _inspected(traits.get(identity), inspections.get(identity))
        for identity, code in zip(ids.values, codes.values, strict=True)
    ]
    return {name: Shared(values=[row.get(name) for row in rows], codes=ids.codes) for name in NAMES}


def _statistics(code: str | None, traits: Any, facts: Any) -> dict[str, Any]:
    found: dict[str, Any] = {} if code is None else {"nn_code_length": len(code)}
    if traits is not None:
        found |= {name: traits[column] for name, column in _OF_TRAITS.items()}
        found["nn_stats_meta"] = _meta(traits)
    if facts is not None:
        found |= {"nn_trainable_params": facts["parameters"], "nn_flops": facts["flops"]}
    return found


def _inspected(traits: Any, found: Any) -> dict[str, Any]:
    """What an inspection says, which knows more than building for one shape did."""
    if found is None:
        return {}
    if found["outcome"] != InspectionOutcome.OK.value:
        return {"nn_stats_error": found["error"]}
    values = {name: found[column] for name, column in _OF_INSPECTIONS.items()}
    parameters, buffers = found["parameter_bytes"] / _MB, found["buffer_bytes"] / _MB
    return values | {
        "nn_frozen_params": found["parameters"] - found["trainable"],
        "nn_model_size_mb": parameters,
        "nn_buffer_size_mb": buffers,
        "nn_total_memory_mb": parameters + buffers,
        "nn_stats_meta": _meta(traits) | {name: found[name] for name in _META},
    }


def _meta(traits: Any) -> dict[str, Any]:
    if traits is None:
        return {}
    names = ("family", "pretrained")
    return {"imports": list(traits["imports"])} | {name: traits[name] for name in names}


def _traits(connection: Connection, ids: list[str | None]) -> dict[str, Any]:
    table = schema.traits
    return _few_or_all(connection, select(table), table.c.network_id, ids)


def _facts(connection: Connection, ids: list[str | None]) -> dict[str, Any]:
    """Facts of each network for the last of the shapes that it was built for."""
    table = schema.facts
    query = select(table).order_by(table.c.network_id, table.c.shapes)
    return _few_or_all(connection, query, table.c.network_id, ids)


def _inspections(connection: Connection, ids: list[str | None]) -> dict[str, Any]:
    """The inspection of each network; of one for several tasks, the last that is OK, if any is."""
    table = schema.inspections
    works = table.c.outcome == InspectionOutcome.OK.value
    query = select(table).order_by(table.c.network_id, works, table.c.task)
    return _few_or_all(connection, query, table.c.network_id, ids)


def _few_or_all(
    connection: Connection, query: Any, key: ColumnElement[Any], ids: list[str | None]
) -> dict[str, Any]:
    """Rows by the network they are about; of many networks the whole table is fetched."""
    keys = {identity for identity in ids if identity is not None}
    if len(keys) <= FEW:
        query = query.where(key.in_(sorted(keys)))
    rows = connection.execute(query).mappings()
    return {row["network_id"]: row for row in rows if row["network_id"] in keys}
