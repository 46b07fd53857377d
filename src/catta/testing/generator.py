"""What every generator must do, as a suite: subclass it in a test and give it a generator."""

from __future__ import annotations

import pytest

from catta.generation import Generator, build_prompt
from catta.records import Caps, Problem, Prompt


class GeneratorContract:
    """Behaviour that the loop relies on.

    Subclasses override the fixture `generator`, and the attributes where their backend is allowed
    to differ.

    Attributes:
        forces_prefix: Completions begin with the forced beginning of the prompt.
        repeatable: Equal arguments give equal completions.
        varied: Another seed gives other completions.
    """

    forces_prefix = True
    repeatable = True
    varied = True

    @pytest.fixture
    def generator(self) -> Generator:
        """The generator that is tested."""
        raise NotImplementedError

    @pytest.fixture
    def prompt(self) -> Prompt:
        """What is asked."""
        return build_prompt(
            Problem(sample=(1, 32, 32), outputs=10),
            Caps(parameters=1_000_000, flops=50_000_000),
            accuracy=0.8,
        )

    def test_is_a_generator(self, generator: Generator) -> None:
        """It has the attributes of the protocol."""
        assert isinstance(generator, Generator)

    def test_has_a_lasting_name(self, generator: Generator, prompt: Prompt) -> None:
        """Its name is not empty and does not change with use."""
        name = generator.name
        assert name
        generator.generate(prompt, 1, 0)
        assert generator.name == name

    @pytest.mark.parametrize("n", [0, 1, 5])
    def test_gives_as_many_as_asked(self, generator: Generator, prompt: Prompt, n: int) -> None:
        """It gives `n` completions, also none."""
        assert len(generator.generate(prompt, n, 0)) == n

    def test_completions_are_whole_modules(self, generator: Generator, prompt: Prompt) -> None:
        """The forced beginning is part of the text, and tokens are counted."""
        for completion in generator.generate(prompt, 3, 0):
            assert completion.tokens >= 0
            if self.forces_prefix:
                assert completion.text.startswith(prompt.prefix)

    def test_repeats_itself(self, generator: Generator, prompt: Prompt) -> None:
        """A run that was killed can generate the same batch again."""
        if self.repeatable:
            assert generator.generate(prompt, 3, 7) == generator.generate(prompt, 3, 7)

    def test_seed_matters(self, generator: Generator, prompt: Prompt) -> None:
        """Another seed gives something else."""
        if self.varied:
            assert generator.generate(prompt, 4, 1) != generator.generate(prompt, 4, 2)

    def test_closes_twice(self, generator: Generator) -> None:
        """Closing is harmless, at any time and twice."""
        generator.close()
        generator.close()
