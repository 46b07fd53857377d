"""What is no file of a phone's format is refused by its bytes, without the format's packages."""

from __future__ import annotations

import struct

import pytest

from catta.errors import ExportError
from catta.export.executorch_format import check_program
from catta.export.litert_format import check_model


def program(size: int = 128, segments: int = 128, data: int = 64) -> bytes:
    """The beginning of a program of ExecuTorch's, and as many bytes as it says."""
    header = struct.pack("<I4s4sIQQQ", 48, b"ET12", b"eh00", 32, size, segments, data)
    return header.ljust(segments + data, b"\0")


def model(data: int = 16) -> bytes:
    """A model of LiteRT's with one buffer of so many bytes, at its end."""
    body = bytearray(96)
    struct.pack_into("<I4s", body, 0, 24, b"TFL3")
    struct.pack_into("<HHHHHHH", body, 8, 14, 8, 0, 0, 0, 0, 4)  # what fields the model has
    struct.pack_into("<iI", body, 24, 16, 12)  # the model: its fields; its buffers at 40
    struct.pack_into("<II", body, 40, 1, 20)  # one buffer, at 64
    struct.pack_into("<HHH", body, 52, 6, 8, 4)
    struct.pack_into("<iI", body, 64, 12, 12)  # the buffer: its fields; its data at 80
    struct.pack_into("<I", body, 80, data)
    return bytes(body[:84]) + b"\1" * data


def test_whole_files_pass() -> None:
    check_program(program())
    check_model(model())
    check_model(model(data=0))


@pytest.mark.parametrize("kept", [0, 4, 40, 100, 191])
def test_a_program_that_is_cut_short_is_refused(kept: int) -> None:
    with pytest.raises(ExportError, match="ExecuTorch"):
        check_program(program()[:kept])


@pytest.mark.parametrize("kept", [0, 8, 26, 45, 70, 82, 99])
def test_a_model_that_is_cut_short_is_refused(kept: int) -> None:
    with pytest.raises(ExportError, match="LiteRT"):
        check_model(model()[:kept])


def test_other_files_are_refused() -> None:
    for check in (check_program, check_model):
        with pytest.raises(ExportError, match="the file is no"):
            check(b"PK\3\4" + bytes(200))


def test_offsets_that_lead_nowhere_are_refused() -> None:
    for place, value in ((0, 2**31), (24, 2**31 - 1), (28, 2**31), (40, 2**31), (44, 2**31)):
        broken = bytearray(model())
        struct.pack_into("<I", broken, place, value)
        with pytest.raises(ExportError, match="LiteRT"):
            check_model(bytes(broken))
