"""Rotations, affine and perspective maps: of each image its own."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import grid_sample
from torchvision.transforms import InterpolationMode

from catta.evaluation.transforms.choosing import (
    as_pixels,
    integers,
    interpolation_of,
    uniform,
    with_probability,
)
from catta.evaluation.transforms.stage import Motion, Stage, drawn

_MODES: dict[InterpolationMode | None, str] = {
    InterpolationMode.NEAREST: "nearest",
    InterpolationMode.BILINEAR: "bilinear",
}


def rotation(name: str, transform: Any) -> Stage | None:
    """`RandomRotation` about the centre, unless the image grows with it."""
    if transform.expand or not _simple(transform):
        return None

    def apply(images: Tensor) -> Tensor:
        angles = -uniform(len(images), *transform.degrees)
        ones, zeros = torch.ones_like(angles), torch.zeros_like(angles)
        still = torch.stack((zeros, zeros), 1)
        return _affine(images, transform, angles, still, ones, still)

    return drawn(name, apply, motion=Motion.OTHER)


def affine(name: str, transform: Any) -> Stage | None:
    """`RandomAffine` about the centre."""
    if not _simple(transform):
        return None

    def apply(images: Tensor) -> Tensor:
        count, sizes = len(images), (images.shape[3], images.shape[2])
        angles = uniform(count, *transform.degrees)
        shift, shear = torch.zeros(count, 2), torch.zeros(count, 2)
        scale = torch.ones(count)
        if transform.translate is not None:
            largest = [share * size for share, size in zip(transform.translate, sizes, strict=True)]
            shift = torch.stack([uniform(count, -most, most).round() for most in largest], 1)
        if transform.scale is not None:
            scale = uniform(count, *transform.scale)
        if transform.shear is not None:
            ranges = list(transform.shear)
            for axis in range(len(ranges) // 2):
                shear[:, axis] = uniform(count, *ranges[2 * axis : 2 * axis + 2])
        return _affine(images, transform, angles, shift, scale, shear)

    return drawn(name, apply, motion=Motion.OTHER)


def perspective(name: str, transform: Any) -> Stage | None:
    """`RandomPerspective`: the corners move inwards, each by itself."""
    if interpolation_of(transform) not in _MODES:
        return None

    def apply(images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        corners = [(0, 0), (width - 1, 0), (width - 1, height - 1), (0, height - 1)]
        start = torch.tensor(corners, dtype=torch.float64)
        inwards = torch.tensor([(1, 1), (-1, 1), (-1, -1), (1, -1)], dtype=torch.float64)
        reach = [int(transform.distortion_scale * (size // 2)) + 1 for size in (width, height)]
        moves = [integers(len(images) * 4, 0, most).reshape(-1, 4) for most in reach]
        end = start + inwards * torch.stack(moves, 2)
        return _sample(images, _projected(end, start, width, height), transform)

    return drawn(name, with_probability(transform.p, apply), motion=Motion.OTHER)


def _simple(transform: Any) -> bool:
    return interpolation_of(transform) in _MODES and transform.center is None


def _affine(
    images: Tensor, transform: Any, angles: Tensor, shift: Tensor, scale: Tensor, shear: Tensor
) -> Tensor:
    """Turn (degrees, clockwise), shear (degrees), enlarge and move (pixels) about the centre."""
    turn, lean = angles.deg2rad(), shear.deg2rad()
    turned, up = turn - lean[:, 1], lean[:, 1].cos()
    slope = lean[:, 0].tan()
    first = torch.stack((turned.cos() / up, -turned.cos() * slope / up - turn.sin()), 1)
    second = torch.stack((turned.sin() / up, -turned.sin() * slope / up + turn.cos()), 1)
    back = torch.linalg.inv(torch.stack((first, second), 1) * scale[:, None, None])
    height, width = images.shape[2:]
    half = torch.tensor([width / 2, height / 2])
    there = _centres(width, height) - half - shift[:, None]
    return _sample(images, (there @ back.mT) / half, transform)


def _centres(width: int, height: int) -> Tensor:
    """(H * W, 2): x and y of the pixels' centres."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    return torch.stack((x, y), 2).reshape(-1, 2)


def _projected(end: Tensor, start: Tensor, width: int, height: int) -> Tensor:
    """(B, H * W, 2): where each pixel comes from if corners `start` went to `end` (B, 4, 2)."""
    count = len(end)
    x, y = end[..., 0], end[..., 1]
    one, none = torch.ones_like(x), torch.zeros_like(x)
    u, v = start[:, 0], start[:, 1]
    rows = [(x, y, one, none, none, none, -u * x, -u * y)]
    rows += [(none, none, none, x, y, one, -v * x, -v * y)]
    system = torch.cat([torch.stack(row, 2) for row in rows], 1)
    wanted = torch.cat((u, v)).expand(count, 8)
    solved = torch.linalg.solve(system, wanted)
    matrix = torch.cat((solved, solved.new_ones(count, 1)), 1).reshape(count, 3, 3).float()
    centres = _centres(width, height)
    found = torch.cat((centres, centres.new_ones(len(centres), 1)), 1) @ matrix.mT
    return found[..., :2] / found[..., 2:] / torch.tensor([width / 2, height / 2]) - 1


def _sample(images: Tensor, where: Tensor, transform: Any) -> Tensor:
    """Pixels at (B, H * W, 2) in -1..1; `fill` where there is none."""
    count, channels, height, width = images.shape
    fill = _fill(transform.fill, channels)
    values = images.float()
    if fill is not None:
        values = values - fill
    grid = where.reshape(count, height, width, 2)
    mode = _MODES[interpolation_of(transform)]
    values = grid_sample(values, grid, mode=mode, padding_mode="zeros", align_corners=False)
    return as_pixels(values if fill is None else values + fill, images)


def _fill(fill: float | Sequence[float] | None, channels: int) -> Tensor | None:
    numbers = [0.0] if fill is None else [fill] if isinstance(fill, int | float) else list(fill)
    if not any(numbers):
        return None
    return torch.tensor([float(n) for n in numbers]).expand(channels).reshape(1, -1, 1, 1)
