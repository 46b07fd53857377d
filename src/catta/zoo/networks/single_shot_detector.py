"""Single-shot detector: one pass gives a class and a box at every cell of three grids.

Liu et al.: SSD, 2015, arXiv 1512.02325; focal loss and grids that share what they see: RetinaNet,
arXiv 1708.02002; the loss of boxes: GIoU, arXiv 1902.09630.
Task: obj-detection. Boxes are x1 y1 x2 y2 in pixels; class 0 is the background.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import (
    batched_nms,
    box_iou,
    clip_boxes_to_image,
    generalized_box_iou_loss,
    sigmoid_focal_loss,
)

WIDTHS = (24, 48, 96)  # channels at a half, a quarter, an eighth of the size
NECK = 96  # channels of the grids
STRIDES = (8, 16, 32)  # pixels a cell of each grid
SCALES, RATIOS = (2.5, 3.5), (0.5, 1.0, 2.0)  # of anchors: side / stride, height / width
ANCHORS = len(SCALES) * len(RATIOS)  # at a cell
MATCH, MISMATCH = 0.5, 0.4  # IoU from which an anchor is an object's, below which it is no one's
LOWEST_SCORE, CANDIDATES, OVERLAP, MOST = 0.02, 300, 0.5, 100  # of detections
LARGEST = math.log(8.0)  # of the logarithm of a box's side in sides of its anchor


def convolution(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


class Pyramid(nn.Module):
    """Images to three grids; the finer ones see what the coarser ones found."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.fine = nn.Sequential(
            convolution(channels, half, stride=2),
            convolution(half, quarter, stride=2),
            convolution(quarter, quarter),
            convolution(quarter, eighth, stride=2),
            convolution(eighth, eighth),
        )
        self.middle = nn.Sequential(convolution(eighth, NECK, stride=2), convolution(NECK, NECK))
        # No batch norm: of one small image, a single cell is left here, which has no deviation.
        self.coarse = nn.Sequential(nn.Conv2d(NECK, NECK, 3, stride=2, padding=1), nn.ReLU())
        self.from_fine, self.from_middle = nn.Conv2d(eighth, NECK, 1), nn.Conv2d(NECK, NECK, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(B, C, H, W) to three of (B, 96, H / stride, W / stride), finest first."""
        fine = self.fine(x)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        middle = self.from_middle(middle) + functional.interpolate(coarse, size=middle.shape[2:])
        fine = self.from_fine(fine) + functional.interpolate(middle, size=fine.shape[2:])
        return [fine, middle, coarse]


class Head(nn.Module):
    """What every cell of every grid is asked, by the same weights: some values for each anchor."""

    def __init__(self, values: int, bias: float = 0.0) -> None:
        super().__init__()
        self.values = values
        # Group norm: the grids differ in their statistics.
        self.hidden = nn.Sequential(
            nn.Conv2d(NECK, NECK, 3, padding=1, bias=False), nn.GroupNorm(8, NECK), nn.ReLU()
        )
        self.out = nn.Conv2d(NECK, ANCHORS * values, 3, padding=1, bias=False)
        nn.init.normal_(self.out.weight, std=0.01)
        self.bias = nn.Parameter(torch.full((values,), bias))

    def forward(self, grids: list[Tensor]) -> Tensor:
        """Grids to (B, A, values) for all A anchors of an image."""
        parts: list[Tensor] = []
        for grid in grids:
            x = self.out(self.hidden(grid)).permute(0, 2, 3, 1)  # (B, h, w, anchors * values)
            parts.append(x.reshape(len(x), -1, self.values) + self.bias)
        return torch.cat(parts, dim=1)


class Net(nn.Module):
    """Pyramid and two heads; losses in training, boxes with classes and scores else."""

    def __init__(
        self,
        in_shape: tuple[int, ...],
        out_shape: tuple[int, ...],
        prm: dict[str, float],
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        self.pyramid = Pyramid(in_shape[1])
        self.dropout = nn.Dropout2d(prm["dropout"])
        # At first every class has a chance of 1 %, so that the many empty cells cost little.
        self.classes = Head(out_shape[0] - 1, bias=-math.log(99))
        self.boxes = Head(4)

    def forward(
        self, x: Tensor, targets: list[dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """Images (B, C, H, W) to a dict of losses, or to the detections of each image.

        A target holds `boxes` (M, 4) and `labels` (M,) from 1; a detection `scores` (M,) as well.
        """
        grids = [self.dropout(grid) for grid in self.pyramid(x)]
        anchors = make_anchors(grids)  # (A, 4)
        logits = self.classes(grids).float()  # (B, A, classes)
        boxes = decode(self.boxes(grids).float(), anchors)  # (B, A, 4)
        if self.training:
            if targets is None:
                raise ValueError("targets are needed in training")
            return self.losses(logits, boxes, anchors, targets)
        height, width = x.shape[2:]
        scores = logits.sigmoid()
        return [
            detect(scores[i], clip_boxes_to_image(boxes[i], (height, width))) for i in range(len(x))
        ]

    def losses(
        self, logits: Tensor, boxes: Tensor, anchors: Tensor, targets: list[dict[str, Tensor]]
    ) -> dict[str, Tensor]:
        """Focal loss of the classes and GIoU loss of the boxes, for each anchor with an object."""
        found, judged, wanted, truth = [], [], torch.zeros_like(logits), torch.zeros_like(boxes)
        for i in range(len(logits)):
            owner = match(anchors, targets[i]["boxes"])  # (A,)
            mine = owner >= 0
            if mine.any():
                wanted[i, mine, targets[i]["labels"][owner[mine]] - 1] = 1.0
                truth[i, mine] = targets[i]["boxes"][owner[mine]]
            found.append(mine)
            judged.append(owner > UNDECIDED)
        mine, counted = torch.stack(found), torch.stack(judged)  # (B, A)
        count = mine.sum().clamp(min=1)
        return {
            "classes": sigmoid_focal_loss(logits[counted], wanted[counted], reduction="sum")
            / count,
            "boxes": generalized_box_iou_loss(boxes[mine], truth[mine], reduction="sum") / count,
        }

    def train_setup(self, prm: dict[str, float]) -> None:
        """Own recipe: make what `learn` needs."""
        self.to(self.device)
        self.optimizer = torch.optim.AdamW(self.parameters(), lr=prm["lr"])

    def learn(self, train_data: Iterable[tuple[Tensor, list[dict[str, Tensor]]]]) -> None:
        """Own recipe: one epoch over batches of images (B, C, H, W) and their targets."""
        self.train()
        for images, targets in train_data:
            there = [
                {name: targets[i][name].to(self.device) for name in ("boxes", "labels")}
                for i in range(len(images))
            ]
            losses = self(images.to(self.device), there)
            loss = losses["classes"] + losses["boxes"]
            self.optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters(), 1.0)
            self.optimizer.step()


NOBODY, UNDECIDED = -1, -2  # in place of the number of an object


def make_anchors(grids: list[Tensor]) -> Tensor:
    """Boxes (A, 4) around the middle of every cell of grids (B, channels, h, w)."""
    parts: list[Tensor] = []
    for grid, stride in zip(grids, STRIDES, strict=True):
        y = (torch.arange(grid.shape[2], device=grid.device) + 0.5) * stride
        x = (torch.arange(grid.shape[3], device=grid.device) + 0.5) * stride
        y, x = torch.meshgrid(y, x, indexing="ij")  # (h, w)
        sides = [
            (stride * scale / math.sqrt(ratio) / 2, stride * scale * math.sqrt(ratio) / 2)
            for scale in SCALES
            for ratio in RATIOS
        ]
        boxes = [torch.stack([x - w, y - h, x + w, y + h], dim=2) for w, h in sides]
        parts.append(torch.stack(boxes, dim=2).reshape(-1, 4))  # (h * w * anchors, 4)
    return torch.cat(parts)


def decode(offsets: Tensor, anchors: Tensor) -> Tensor:
    """Offsets (B, A, 4) of middles and logarithms of sides to boxes (B, A, 4)."""
    sides = anchors[:, 2:] - anchors[:, :2]
    middles = (anchors[:, :2] + anchors[:, 2:]) / 2 + offsets[..., :2] * sides
    # A clamp would have no gradient beyond its bounds, from where no box would come back.
    halves = sides * (LARGEST * torch.tanh(offsets[..., 2:] / LARGEST)).exp() / 2
    return torch.cat([middles - halves, middles + halves], dim=-1)


def match(anchors: Tensor, boxes: Tensor) -> Tensor:
    """For each anchor the number of its object, NOBODY or UNDECIDED; (A, 4), (M, 4) to (A,)."""
    if len(boxes) == 0:
        return torch.full((len(anchors),), NOBODY, device=anchors.device)
    overlap = box_iou(anchors, boxes)  # (A, M)
    best, owner = overlap.max(dim=1)
    owner[best < MATCH] = UNDECIDED
    owner[best < MISMATCH] = NOBODY
    # An object that no anchor fits gets the one that fits best.
    owner[overlap.argmax(dim=0)] = torch.arange(len(boxes), device=anchors.device)
    return owner


def detect(scores: Tensor, boxes: Tensor) -> dict[str, Tensor]:
    """The best boxes of one image, without those that another one of their class covers.

    Args:
        scores: (A, classes) in 0..1.
        boxes: (A, 4).
    """
    best, index = scores.flatten().topk(min(CANDIDATES, scores.numel()))
    index = index[best > LOWEST_SCORE]
    best = best[best > LOWEST_SCORE]
    boxes, labels = boxes[index // scores.shape[1]], index % scores.shape[1] + 1
    kept = batched_nms(boxes, best, labels, OVERLAP)[:MOST]
    return {"boxes": boxes[kept], "labels": labels[kept], "scores": best[kept]}


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read."""
    return {"lr", "dropout"}
