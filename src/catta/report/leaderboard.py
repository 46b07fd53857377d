"""All networks of the corpus: the best measurement of each on each problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from catta import stats
from catta.stats.directions import ascends

if TYPE_CHECKING:
    import pandas as pd

PROBLEM = ("task", "dataset", "metric")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaderboard:
    """The rows as columns, texts as numbers in lists of words.

    Attributes:
        frame: A row for each network and problem, the best of each problem first.
        problems: (task, dataset, metric, whether more is better), in the order of the corpus'
            number of networks.
        families: How names begin.
    """

    frame: pd.DataFrame
    problems: tuple[tuple[str, str, str, bool], ...]
    families: tuple[str, ...]

    def head(self, rows: int) -> list[dict[str, Any]]:
        """The first rows, as a page without scripts shows them."""
        return [
            {str(k): v for k, v in row.items()} for row in self.frame.head(rows).to_dict("records")
        ]

    def columns(self, pages: dict[str, str]) -> dict[str, Any]:
        """What the script of the page reads.

        Args:
            pages: Pages of the networks that have one, by their ids.
        """
        frame: Any = self.frame
        linked = {
            int(place): pages[identity]
            for place, identity in enumerate(frame["nn_id"])
            if identity in pages
        }
        return {
            "problems": self.problems,
            "families": self.families,
            "nn": frame["nn"].tolist(),
            "problem": frame["problem"].tolist(),
            "family": frame["family_code"].tolist(),
            "rank": frame["rank"].tolist(),
            "best": _numbers(frame["accuracy"]),
            "epoch": frame["epoch"].tolist(),
            "first": _numbers(frame["first"]),
            "count": frame["count"].tolist(),
            "seconds": _numbers(frame["seconds"], 3),
            "parameters": _numbers(frame["parameters"], 0),
            "flops": _numbers(frame["flops"], 0),
            "measured": (frame["source"] == "measured").astype(int).tolist(),
            "pages": linked,
        }


def leaderboard_of(trials: pd.DataFrame) -> Leaderboard:
    """The leaderboard of the measurements that `catta.stats.load` returned."""
    import pandas as pd

    best: Any = stats.leaderboard(trials=trials, n=None)
    first: Any = stats.leaderboard(trials=trials, n=None, epoch=1)
    first = first[[*PROBLEM, "nn", "accuracy"]].rename(columns={"accuracy": "first"})
    best = best.merge(first, on=[*PROBLEM, "nn"], how="left")
    sizes = best.groupby(list(PROBLEM), sort=False).size().sort_values(ascending=False)
    keys = list(sizes.index)
    best["problem"] = _codes(list(zip(*(best[name] for name in PROBLEM), strict=True)), keys)
    codes, families = pd.factorize(best["family"].fillna("").astype(str), sort=True)
    best["family_code"] = codes
    best = best.sort_values(["rank", "problem", "nn"], kind="stable").reset_index(drop=True)
    return Leaderboard(
        frame=best,
        problems=tuple((*key, ascends(key[2])) for key in keys),
        families=tuple(str(name) for name in families),
    )


def _codes(values: list[Any], keys: list[Any]) -> Any:
    places = {key: place for place, key in enumerate(keys)}
    return np.array([places[value] for value in values], dtype=np.int64)


def _numbers(column: Any, digits: int | None = None) -> list[float | int | None]:
    """None where there is no number; metrics as they are: what is rounded twice is wrong."""
    return [
        None if value != value else value if digits is None else round(value, digits or None)
        for value in column.tolist()
    ]
