"""What the text of a candidate tells before anything runs: extract, parse, policy, contract.

This is a cheap filter, not the security boundary. It spares the sandbox most of what cannot work
and names what is wrong with it; a determined author gets past it, and the sandbox has to hold then.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from catta.evaluation.static_contract import find_breach_of_contract
from catta.evaluation.static_extract import extract
from catta.evaluation.static_policy import ALLOWED_IMPORTS, find_breach_of_policy
from catta.novelty import InvalidSource, parse
from catta.records import Outcome, Stage, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Screened:
    """A module that passed every check of the text; `source` is as it was written."""

    source: str


def screen_source(
    text: str, allowed_imports: Collection[str] = ALLOWED_IMPORTS
) -> Screened | Verdict:
    """Take the module out of a completion and check all that its text can tell.

    Args:
        text: What a generator answered: a module, maybe between fences or with talk around it.
        allowed_imports: Modules that may be imported; `name.*` allows the submodules too.

    Returns:
        The module, or the verdict INVALID with the stage `extract`, `parse`, `policy` or `contract`
        and one sentence. Never raises for anything in the text.
    """
    source = extract(text)
    if source is None:
        return _invalid(Stage.EXTRACT, "The answer holds no Python module.")
    try:
        tree = parse(source)
        error = find_breach_of_policy(tree, allowed_imports)
        if error:
            return _invalid(Stage.POLICY, error)
        error = find_breach_of_contract(tree)
        if error:
            return _invalid(Stage.CONTRACT, error)
    except InvalidSource as invalid:
        return _invalid(Stage.PARSE, str(invalid))
    except RecursionError:
        return _invalid(Stage.PARSE, "The source is nested too deeply.")
    return Screened(source=source)


def _invalid(stage: Stage, error: str) -> Verdict:
    return Verdict(outcome=Outcome.INVALID, stage=stage, error=error)
