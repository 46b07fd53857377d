"""The words of Catta as typed, frozen records; they flow one way, from prompt to corpus."""

from catta.records.building import BuildFacts, Caps
from catta.records.evaluations import EpochMeasurement, Evaluation, Reported
from catta.records.generation import Adapter, Completion, Example, Prompt
from catta.records.inspections import Inspection, InspectionOutcome, Structure
from catta.records.networks import Match, Network
from catta.records.outcomes import Outcome, Stage, Verdict
from catta.records.problems import Problem
from catta.records.recipes import Recipe
from catta.records.runs import Candidate, Cycle, Phase, Run

__all__ = [
    "Adapter",
    "BuildFacts",
    "Candidate",
    "Caps",
    "Completion",
    "Cycle",
    "EpochMeasurement",
    "Evaluation",
    "Example",
    "Inspection",
    "InspectionOutcome",
    "Match",
    "Network",
    "Outcome",
    "Phase",
    "Problem",
    "Prompt",
    "Recipe",
    "Reported",
    "Run",
    "Stage",
    "Structure",
    "Verdict",
]
