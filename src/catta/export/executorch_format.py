"""ExecuTorch, whose XNNPACK kernels run networks on phones and on this machine's processor."""

from __future__ import annotations

import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from catta.errors import ExportError
from catta.export.mobile import check_size, convert_for_device
from catta.export.protocols import INT8_STATIC, NONE, Converted
from catta.export.subjects import Subject
from catta.export.workplace import Workplace

_PERFORM = "catta.export.jobs.convert_executorch:perform"
_MAGIC, _PLACE = b"ET", slice(4, 6)
_HEADER = 64
_SECONDS = 60.0


class ExecutorchExporter:
    """A program of ExecuTorch's, with everything that XNNPACK has lowered to it."""

    name = "executorch"
    suffix = ".pte"
    quantizations = (NONE, INT8_STATIC)
    runtime = "executorch"

    def __init__(self) -> None:
        self._schema: str | None = None

    def convert(
        self, subject: Subject, quantization: str, *, calibrate: int, workplace: Workplace
    ) -> Converted:
        """See `Exporter`; batches are of any size up to that in `details`."""
        if self._schema is None:
            self._schema = _xnnpack_schema()
        return convert_for_device(
            subject,
            self.name,
            _PERFORM,
            workplace,
            quantization=quantization,
            calibrate=calibrate,
            package="executorch",
            check=check_program,
            told={"schema": self._schema},
        )


class Executorch:
    """ExecuTorch's runtime on the processor."""

    name = "executorch"
    suffixes = (".pte",)
    perform = "catta.export.jobs.run_executorch:perform"
    runs_networks = False

    def check(self, content: bytes) -> None:
        """See `Runtime`."""
        check_program(content)


def check_program(content: bytes) -> None:
    """Refuse what is no whole program; it is only ever run inside a sandbox.

    Raises:
        ExportError: It is none.
    """
    if len(content) < _HEADER or content[_PLACE] != _MAGIC:
        raise ExportError("the file is no program of ExecuTorch")
    check_size(content)
    if content[8:12] == b"eh00":
        size, segments = (int.from_bytes(content[at : at + 8], "little") for at in (16, 24))
        data = int.from_bytes(content[32:40], "little") if _long_header(content) else 0
        if max(size, segments + data) > len(content):
            raise ExportError("the program of ExecuTorch is cut short")


def _long_header(content: bytes) -> bool:
    return int.from_bytes(content[12:16], "little") >= 32


def _xnnpack_schema() -> str:
    """What packs graphs for XNNPACK, as Python text.

    ExecuTorch has a program pack them, by way of files; no sandbox of ours lets a job start a
    program or write a file. The same program writes, from the schema that ExecuTorch ships, this
    module that does it.

    Raises:
        ExportError: The program fails.
    """
    spec = find_spec("executorch")
    # Its subpackages are not imported: that takes seconds, and loads half of it.
    root = Path(((spec and spec.submodule_search_locations) or [""])[0])
    schema = root / "backends" / "xnnpack" / "serialization" / "schema.fbs"
    flatc = root / "data" / "bin" / "flatc"
    with tempfile.TemporaryDirectory(prefix="catta-schema-") as place:
        command = [flatc, "--python", "--gen-object-api", "--gen-onefile", "-o", place, schema]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
            (module,) = Path(place).glob("*_generated.py")
            return module.read_text(encoding="utf-8")
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise ExportError(
                f"flatc of the package executorch fails, install it again: {error}"
            ) from error
