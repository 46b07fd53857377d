"""One error family: whatever Catta itself raises on purpose is a `CattaError`.

A failing *candidate* is never an exception, it is a `catta.records.Verdict`. These are our own
failures and the user's mistakes.
"""

from __future__ import annotations


class CattaError(Exception):
    """Base of all errors that Catta raises on purpose; its text is one sentence for the user."""


class UsageError(CattaError):
    """The user asked for something that cannot be; the command line answers with exit code 2."""


class CorpusError(CattaError):
    """The corpus cannot be opened, read or written (corrupt, of a newer schema, disk full)."""


class FetchError(CattaError):
    """Something could not be obtained, or is not what it should be (truncated, wrong hash)."""


class SandboxError(CattaError):
    """No sandbox can be had, or the machinery around it failed; never the fault of a candidate."""


class GenerationError(CattaError):
    """A language-model backend failed (server unreachable, model unusable)."""


class Interrupted(CattaError):  # noqa: N818 - it names a state, as KeyboardInterrupt does
    """The user asked to stop; everything up to the last safe point is stored."""


class ExportError(CattaError):
    """A network cannot become a file of that format, or a runtime cannot run the file."""
