"""What stands in LEMUR's JSON files: trials, and measurements on devices."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping
from typing import cast

import orjson

from catta.corpus.published import Measurement, Trial

_NO_ACCURACY = "a trial has no finite accuracy"
_NO_HYPERPARAMETERS = ("accuracy", "duration", "uid", "transform")
_MARKS = (b"null", b"[", b"{")
"""What only a value that is no hyperparameter, or a text that quotes one, leaves in the JSON."""


class BadFileError(ValueError):
    """The whole file is skipped; the message says why."""


def load_json(data: bytes) -> object:
    """The value in a JSON file; NaN and infinities, which Python writes, are read as well.

    Raises:
        BadFileError: It is not JSON.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass  # perhaps only a NaN
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BadFileError("it is not JSON") from None


def load_objects(data: bytes) -> tuple[list[dict[str, object]], Counter[str]]:
    """The trials of a file as they stand there.

    Returns:
        Those that are objects, and how many are not, by reason.

    Raises:
        BadFileError: None can be read.
    """
    loaded = load_json(data)
    if not isinstance(loaded, list):
        raise BadFileError("it is not a list of trials")
    every = cast("list[object]", loaded)
    if not every:
        raise BadFileError("it has no trials")
    objects = [cast("dict[str, object]", raw) for raw in every if isinstance(raw, dict)]
    missing = len(every) - len(objects)
    return objects, Counter({"a trial is not an object": missing} if missing else {})


def load_trials(data: bytes) -> tuple[list[Trial], Counter[str]]:
    """The trials of a file.

    Returns:
        Those that are whole, and how many are not, by reason.

    Raises:
        BadFileError: None can be read.
    """
    objects, bad = load_objects(data)
    trials: list[Trial] = []
    for values in objects:
        trial = _trial(values)
        if isinstance(trial, str):
            bad[trial] += 1
        else:
            trials.append(trial)
    return trials, bad


def load_accuracies(data: bytes) -> tuple[list[float], Counter[str]]:
    """The accuracies in a file, whatever else its trials have; see `load_trials`."""
    objects, bad = load_objects(data)
    found = [finite(values.get("accuracy")) for values in objects]
    accuracies = [accuracy for accuracy in found if accuracy is not None]
    if len(accuracies) < len(found):
        bad[_NO_ACCURACY] += len(found) - len(accuracies)
    return accuracies, bad


def load_measurement(data: bytes, *, subject: str, task: str, name: str) -> Measurement:
    """The measurement in a file.

    Raises:
        BadFileError: It cannot be read.
    """
    loaded = load_json(data)
    if not isinstance(loaded, dict):
        raise BadFileError("it is not a measurement")
    values = cast("Mapping[str, object]", loaded)
    analytics = values.get("device_analytics")
    try:
        text = None if analytics is None else orjson.dumps(analytics, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise BadFileError("it is nested too deeply, or a number in it is too large") from None
    return Measurement(
        subject=subject,
        task=task,
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        device=_text(values.get("device_type")),
        os=_text(values.get("os_version")),
        valid=_flag(values.get("valid")),
        emulator=_flag(values.get("emulator")),
        error=_text(values.get("error_message")),
        duration=finite(values.get("duration")),
        analytics=None if text is None else text.decode(),
    )


def finite(value: object) -> float | None:
    """The value as a number, or None if it is not one or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _trial(values: dict[str, object]) -> Trial | str:
    """The trial, or why it is none."""
    accuracy = finite(values.get("accuracy"))
    if accuracy is None:
        return _NO_ACCURACY
    uid, transform = values.get("uid"), values.get("transform")
    if not isinstance(uid, str) or not isinstance(transform, str):
        return "a trial has no uid or no transform"
    duration = values.get("duration")  # some trials of LEMUR 1 have none
    if duration is not None:
        seconds = finite(duration)
        if seconds is None or not 0 <= seconds < 2**63:
            return "the duration of a trial is not a number of nanoseconds"
        duration = int(seconds) if isinstance(duration, float) else duration
    for key in _NO_HYPERPARAMETERS:
        values.pop(key, None)
    try:
        prm = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return "a hyperparameter of a trial is not a finite number or a text"
    if any(mark in prm[1:] for mark in _MARKS) and not all(map(_is_plain, values.values())):
        return "a hyperparameter of a trial is not a finite number or a text"
    return Trial(uid, transform, prm, accuracy, cast("int | None", duration))


def _is_plain(value: object) -> bool:
    return isinstance(value, str | bool) or finite(value) is not None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
