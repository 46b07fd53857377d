"""Columns as a table of pandas, Arrow or Polars; each library is loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from catta.corpus.shared_columns import UNMEASURED, Column, Shared
from catta.errors import UsageError

_DURATION = "duration"

_INTEGERS = frozenset(
    {
        *("nn_total_params", "nn_trainable_params", "nn_frozen_params", "nn_total_layers"),
        *("nn_leaf_layers", "nn_max_depth", "nn_flops", "nn_dropout_count", "nn_code_length"),
        *("nn_num_classes", "nn_num_functions"),
    }
)
_FRACTIONS = "_mb"
_TRUTHS = ("nn_has_", "nn_is_", "nn_uses_")
"""Columns of shared values that are not texts; dictionaries become texts, too."""


def as_pandas(columns: Mapping[str, Column]) -> Any:
    """A `pandas.DataFrame`; texts and dictionaries are objects that rows share.

    Durations are integers if all are known, as pandas makes it, else floats with NaN.
    """
    import pandas as pd

    found: dict[str, Any] = {}
    for name, column in columns.items():
        if isinstance(column, Shared):
            # Not the string type of pandas, which would copy a text for each row.
            found[name] = pd.Series(_objects(column.values)[column.codes], dtype=object)
        elif name == _DURATION and (column == UNMEASURED).any():
            found[name] = pd.Series(np.where(column == UNMEASURED, np.nan, column))
        else:
            found[name] = pd.Series(column)
    return pd.DataFrame(found, copy=False)


def as_arrow(columns: Mapping[str, Column]) -> Any:
    """A `pyarrow.Table`; texts are dictionary-encoded, dictionaries are JSON.

    Types do not depend on the rows: the tables of two answers can be put together.
    """
    import pyarrow as pa

    found: dict[str, Any] = {}
    for name, column in columns.items():
        if isinstance(column, Shared):
            found[name] = _arrow_shared(name, column)
        elif name == _DURATION:
            found[name] = pa.array(column, mask=column == UNMEASURED)
        else:
            found[name] = pa.array(column)
    return pa.table(found)


def as_polars(columns: Mapping[str, Column]) -> Any:
    """A `polars.DataFrame`, by way of Arrow; texts are of the type Categorical.

    Raises:
        UsageError: Polars is not installed.
    """
    try:
        polars = import_module("polars")
    except ImportError as error:
        raise UsageError(
            "as_: polars is not installed; install it with: pip install 'catta[polars]'"
        ) from error
    return polars.from_arrow(as_arrow(columns))


def _arrow_shared(name: str, column: Shared) -> Any:
    """The column, of the same type whatever rows an answer has, none included."""
    import pyarrow as pa

    if name in _INTEGERS:
        values = pa.array(column.values, pa.int64())
    elif name.endswith(_FRACTIONS):
        values = pa.array(column.values, pa.float64())
    elif name.startswith(_TRUTHS):
        values = pa.array(column.values, pa.bool_())
    else:
        texts = [_json(value) if isinstance(value, dict) else value for value in column.values]
        # Names of one network have one text: pandas takes no dictionary that has a value twice.
        distinct = pa.array(texts, pa.large_string()).dictionary_encode()
        places = distinct.indices.take(pa.array(column.codes))
        return pa.DictionaryArray.from_arrays(places, distinct.dictionary)
    return values.take(pa.array(column.codes))


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _objects(values: list[Any]) -> NDArray[Any]:
    """An array of the very objects: numpy would make something of its own of dictionaries."""
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
