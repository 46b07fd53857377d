"""The conformance suite on the sandboxes of this machine."""

from __future__ import annotations

import pytest

from catta.errors import SandboxError
from catta.evaluation import Sandbox, choose_sandbox
from catta.testing.sandbox import SandboxContract


def sandbox_or_skip(name: str) -> Sandbox:
    try:
        return choose_sandbox(name)
    except SandboxError as error:
        pytest.skip(str(error))


class TestBubblewrap(SandboxContract):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls) -> Sandbox:
        return sandbox_or_skip("bubblewrap")


class TestLandlock(SandboxContract):
    @pytest.fixture(scope="class")
    @classmethod
    def sandbox(cls) -> Sandbox:
        return sandbox_or_skip("landlock")
