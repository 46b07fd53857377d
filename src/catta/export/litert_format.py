"""LiteRT (formerly TensorFlow Lite), by way of litert-torch."""

from __future__ import annotations

import struct

from catta.errors import ExportError
from catta.export.mobile import check_size, convert_for_device
from catta.export.protocols import INT8_DYNAMIC, INT8_STATIC, NONE, Converted
from catta.export.subjects import Subject
from catta.export.workplace import Workplace

_PERFORM = "catta.export.jobs.convert_litert:perform"
_MAGIC, _PLACE = b"TFL3", slice(4, 8)
_BUFFERS, _DATA = 12, 4
"""Where the tables of a model and of a buffer say where these fields are."""
_MOST_BUFFERS = 100_000


class LitertExporter:
    """A model of LiteRT's."""

    name = "litert"
    suffix = ".tflite"
    quantizations = (NONE, INT8_DYNAMIC, INT8_STATIC)
    runtime = "litert"

    def convert(
        self, subject: Subject, quantization: str, *, calibrate: int, workplace: Workplace
    ) -> Converted:
        """See `Exporter`."""
        return convert_for_device(
            subject,
            self.name,
            _PERFORM,
            workplace,
            quantization=quantization,
            calibrate=calibrate,
            package="litert-torch",
            check=check_model,
        )


class Litert:
    """LiteRT's interpreter on the processor, with XNNPACK."""

    name = "litert"
    suffixes = (".tflite",)
    perform = "catta.export.jobs.run_litert:perform"
    runs_networks = False

    def check(self, content: bytes) -> None:
        """See `Runtime`."""
        check_model(content)


def check_model(content: bytes) -> None:
    """Refuse what is no model, or lacks some of its weights; it is only ever run inside a sandbox.

    Raises:
        ExportError: It is none.
    """
    if content[_PLACE] != _MAGIC:
        raise ExportError("the file is no model of LiteRT")
    check_size(content)
    try:
        buffers = _followed(content, _field(content, _followed(content, 0), _BUFFERS))
        for number in range(min(_number(content, buffers), _MOST_BUFFERS)):
            buffer = _followed(content, buffers + 4 * (number + 1))
            place = _field(content, buffer, _DATA)
            if place:
                data = _followed(content, place)
                if data + 4 + _number(content, data) > len(content):
                    raise ExportError("the model of LiteRT is cut short")
    except struct.error as error:
        raise ExportError("the model of LiteRT is cut short") from error


def _number(content: bytes, place: int) -> int:
    return struct.unpack_from("<I", content, place)[0]


def _followed(content: bytes, place: int) -> int:
    """Where the offset at a place points."""
    return place + _number(content, place)


def _field(content: bytes, table: int, slot: int) -> int:
    """Where a field of a flatbuffer's table is; 0 if it has none."""
    (back,) = struct.unpack_from("<i", content, table)
    index = table - back
    if index < 0:
        raise ExportError("the model of LiteRT is damaged")
    (size,) = struct.unpack_from("<H", content, index)
    if slot >= size:
        return 0
    (offset,) = struct.unpack_from("<H", content, index + slot)
    return table + offset if offset else 0
