"""The Hugging Face hub: one model's files, from its cache or over the network, or a quick no."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# The model libraries ship partly typed interfaces; what they leave unknown is not our mistake.

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.utils import disable_progress_bars

_FILES = ["*.json", "*.safetensors", "tokenizer*", "*.jinja", "*.txt"]
_SECONDS = 5.0


class Unavailable(Exception):  # noqa: N818 - it says what the hub is for this name
    """The hub does not give this model; the text is the reason in a few words."""


def snapshot(name: str, progress: Callable[[str], None] | None = None) -> Path:
    """Directory of a model of the hub; a cached one is used without the network.

    Args:
        name: `owner/model`.
        progress: Told in one line what is going on.

    Raises:
        Unavailable: It is not in the cache and the hub cannot be reached or does not have it.
    """
    cached = _cached(name)
    if cached is not None:
        return cached
    try:
        # One request with a short timeout tells whether the hub answers: a snapshot's own requests
        # are retried for minutes on a machine without a network.
        HfApi().model_info(name, timeout=_SECONDS)
        if progress is not None:
            progress(f"Downloading {name} from the Hugging Face hub")
        disable_progress_bars()
        return Path(snapshot_download(name, allow_patterns=_FILES, etag_timeout=_SECONDS))
    except OfflineModeIsEnabled as error:
        raise Unavailable("offline mode is enabled") from error
    except RepositoryNotFoundError as error:
        raise Unavailable("no such model, or a private one") from error
    except HfHubHTTPError as error:
        raise Unavailable(str(error).splitlines()[0]) from error
    except HFValidationError as error:
        raise Unavailable("not a name of the hub") from error
    except Exception as error:
        # Which HTTP library's errors come here depends on the version of the client: requests,
        # httpx, httpx2. Each means the same to the caller, who is told the reason.
        raise Unavailable(f"unreachable: {_first_line(error)}") from error


def _cached(name: str) -> Path | None:
    try:
        path = Path(snapshot_download(name, allow_patterns=_FILES, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, OSError):
        return None
    return path if any(path.glob("*.safetensors")) else None


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
