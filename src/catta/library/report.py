"""What an import brought."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catta.corpus.holdings import BROUGHT
from catta.corpus.importers import Skipped


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportReport:
    """What an import of LEMUR brought, and what it left out.

    Attributes:
        version: Version that the wheel states, or None.
        sha256: Hash of the source.
        names: Names of networks that have code.
        networks: Distinct networks among them.
        trials: Trials that were read.
        new_trials: Trials that the corpus did not hold before.
        trial_files: Files of trials that were read.
        parameter_sets: Distinct sets of hyperparameters among the trials.
        modules: Transforms, metrics and loaders.
        measurements: Measurements on devices.
        skipped: Files that were not taken, or not wholly, and why.
        repeated: Whether this very source was imported before; then nothing was done.
    """

    version: str | None
    sha256: str
    names: int
    networks: int
    trials: int
    new_trials: int
    trial_files: int
    parameter_sets: int
    modules: int
    measurements: int
    skipped: tuple[Skipped, ...]
    repeated: bool = False

    def reasons(self) -> Mapping[str, int]:
        """How many files were skipped, by reason, most frequent first."""
        return dict(Counter(skipped.reason for skipped in self.skipped).most_common())

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as the corpus keeps it."""
        values = asdict(self)
        del values["repeated"]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ImportReport:
        """The report of an earlier import."""
        plain = {name: value for name, value in values.items() if name != BROUGHT}
        skipped = tuple(Skipped(**row) for row in plain.pop("skipped"))
        return cls(**plain, skipped=skipped, repeated=True)
