"""Files of torch.export's (`.pt2`), which PyTorch runs without the network's own code."""

from __future__ import annotations

import io
import zipfile

from catta.errors import ExportError
from catta.evaluation.wire import MAX_ARRAYS
from catta.export.conversion import convert_in_sandbox
from catta.export.protocols import FP16, NONE, Converted
from catta.export.subjects import Subject
from catta.export.workplace import Workplace


class Pt2Exporter:
    """torch.export's archive."""

    name = "pt2"
    suffix = ".pt2"
    quantizations = (NONE, FP16)
    runtime = "pytorch"

    def convert(
        self, subject: Subject, quantization: str, *, calibrate: int, workplace: Workplace
    ) -> Converted:
        """See `Exporter`."""
        half = quantization == FP16
        content, dynamic = convert_in_sandbox(subject, self.name, workplace, half=half)
        check_archive(content)
        return Converted(content=content, dynamic=dynamic)


class PyTorch:
    """PyTorch on the processor: a network as it is, or a file of torch.export's."""

    name = "pytorch"
    suffixes = (".pt2",)
    perform = "catta.export.jobs.run_pytorch:perform"
    runs_networks = True

    def check(self, content: bytes) -> None:
        """See `Runtime`."""
        check_archive(content)


def check_archive(content: bytes) -> None:
    """Refuse what is no archive of torch.export's; it is only ever opened inside a sandbox.

    Raises:
        ExportError: It is none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise ExportError("the file is no archive of torch.export") from error
    if not any(entry.filename.endswith("archive_format") for entry in entries):
        raise ExportError("the file is no archive of torch.export")
    if sum(entry.file_size for entry in entries) > MAX_ARRAYS:
        raise ExportError(f"the file unpacks to more than {MAX_ARRAYS >> 20} MiB")
