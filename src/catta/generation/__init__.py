"""Generators, which write networks, and what language models among them are asked."""

from catta.generation.mutation import MutationGenerator
from catta.generation.openai_backend import OpenAIGenerator
from catta.generation.prompts import build_prompt, training_example, with_standard_imports
from catta.generation.protocol import Generator
from catta.generation.scripted import ScriptedGenerator
from catta.generation.settings import SamplingSettings, ServerSettings
from catta.generation.transformers_backend import TransformersGenerator

__all__ = [
    "Generator",
    "MutationGenerator",
    "OpenAIGenerator",
    "SamplingSettings",
    "ScriptedGenerator",
    "ServerSettings",
    "TransformersGenerator",
    "build_prompt",
    "training_example",
    "with_standard_imports",
]
