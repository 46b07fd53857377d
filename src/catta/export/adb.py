"""A phone over `adb`: commands as lists of arguments, failures as sentences."""

from __future__ import annotations

import re
import secrets
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from catta.errors import ExportError, UsageError

PREFIX = "adb:"
"""How the name of a device begins that is a phone."""

_SECONDS = 120.0
_PLACE = "/data/local/tmp"
"""Where a shell on Android may put programs and start them."""
_END = "catta-exit:"
_CHARACTERS = 200
_SERIAL = re.compile(r"[A-Za-z0-9._:-]+")


class Phone:
    """One phone; a context manager that makes a directory on it and takes that away again.

    Args:
        serial: As `adb devices` lists it.
        program: Path of adb; None to look for it.

    Raises:
        UsageError: adb is missing, or there is no such phone, or it does not let itself be used.
    """

    def __init__(self, serial: str, *, program: str | None = None) -> None:
        found = program or shutil.which("adb")
        if found is None:
            raise UsageError("a phone needs adb, which is not on the PATH: apt install adb")
        if not _SERIAL.fullmatch(serial):
            raise UsageError(f"{serial!r} is no serial number of a phone; `adb devices` lists them")
        self._program, self._serial = found, serial
        self.place = f"{_PLACE}/catta-{secrets.token_hex(8)}"
        self._expect_ready()

    def __enter__(self) -> Self:
        self._run("shell", shlex.join(["mkdir", "-p", self.place]))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._run("shell", shlex.join(["rm", "-rf", self.place]))
        except ExportError:
            if kind is None:  # else what went wrong before is the reason
                raise

    def property(self, name: str) -> str:
        """A property of the system, such as `ro.product.model`; empty if it has none."""
        text = self._run("shell", shlex.join(["getprop", name])).strip()
        return "".join(c for c in text if c.isprintable())[:_CHARACTERS]

    def push(self, file: Path, name: str, *, program: bool = False) -> None:
        """Copy a file into the directory, and make it a program if it is one."""
        target = f"{self.place}/{name}"
        self._run("push", str(file), target)
        if program:
            self._run("shell", shlex.join(["chmod", "755", target]))

    def shell(self, words: Sequence[str], *, seconds: float) -> str:
        """What a program in the directory prints.

        Raises:
            ExportError: It fails, or the phone is gone before it has ended.
        """
        command = f"cd {shlex.quote(self.place)} && {shlex.join(words)}; echo {_END}$?"
        output = self._run("shell", command, seconds=seconds)
        text, found, status = output.rpartition(_END)
        if not found:
            raise ExportError(
                f"the connection to {self._serial} ended before {words[0]} did: connect it again"
            )
        if status.strip() != "0":
            raise ExportError(f"{words[0]} on {self._serial} failed: {_last_line(text)}")
        return text

    def _expect_ready(self) -> None:
        lines = self._call(["devices"], _SECONDS).stdout.splitlines()[1:]
        known = {words[0]: words[1] for line in lines if len(words := line.split()) > 1}
        match known.get(self._serial):
            case "device":
                return
            case None:
                named = ", ".join(known) or "none"
                raise UsageError(f"adb knows no device {self._serial}, but {named}")
            case "unauthorized":
                raise UsageError(
                    f"{self._serial} does not trust this computer: unlock it and allow USB "
                    "debugging"
                )
            case "offline":
                raise UsageError(f"{self._serial} is offline: connect it again")
            case state:
                raise UsageError(f"{self._serial} cannot be used: adb says {state[:_CHARACTERS]}")

    def _run(self, *words: str, seconds: float = _SECONDS) -> str:
        done = self._call(["-s", self._serial, *words], seconds)
        if done.returncode != 0:
            reason = _last_line(done.stderr or done.stdout)
            if "No space left" in done.stderr + done.stdout:
                raise ExportError(f"{self._serial} has no space left in {_PLACE}")
            raise ExportError(f"adb {words[0]} failed on {self._serial}: {reason}")
        return done.stdout

    def _call(self, words: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self._program, *words],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=seconds,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ExportError(f"adb did not answer within {seconds:.0f} s") from error
        except OSError as error:
            raise UsageError(f"{self._program} cannot be started: {error.strerror}") from error


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    line = lines[-1] if lines else "it said nothing"
    return "".join(c for c in line if c.isprintable()).strip()[:_CHARACTERS]
