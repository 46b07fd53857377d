"""What this network is, in one line.

Task: obj-detection, to tell what is on an image and where.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.ops import batched_nms, generalized_box_iou_loss

STRIDE = 8  # pixels a cell


def convolution(channels: int, width: int, stride: int = 1) -> nn.Sequential:
    """3x3 convolution, batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


class Net(nn.Module):
    """Every network is a class of this name, with these four arguments."""

    def __init__(
        self,
        in_shape: tuple[int, ...],  # of one batch of images: (B, channels, height, width)
        out_shape: tuple[int, ...],  # (classes,); class 0 is the background
        prm: dict[str, float],  # the hyperparameters named at the end of this file
        device: torch.device,
    ) -> None:
        super().__init__()
        self.device = device
        channels, self.classes = in_shape[1], out_shape[0]
        # Change from here on. Here each cell of one grid is asked for the object whose middle is
        # in it: its class, and how far its sides are from the middle of the cell.
        self.grid = nn.Sequential(
            convolution(channels, 32, stride=2),
            convolution(32, 64, stride=2),
            convolution(64, 96, stride=2),
            convolution(96, 96),
            convolution(96, 96),
        )
        self.dropout = nn.Dropout2d(prm["dropout"])
        self.head = nn.Conv2d(96, self.classes + 4, 1)

    def forward(
        self, x: Tensor, targets: list[dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        """Images (B, channels, H, W), normalised, to losses or to detections.

        In training there is a target for each image, with `boxes` (M, 4), x1 y1 x2 y2 in pixels,
        and `labels` (M,) from 1: return a dict of losses, which are added up. In evaluation there
        are none: return for each image a dict of `boxes`, `labels` and `scores` (M,).
        """
        out = self.head(self.dropout(self.grid(x))).permute(0, 2, 3, 1)  # (B, h, w, classes + 4)
        logits, sides = out[..., : self.classes], out[..., self.classes :].clamp(-4, 4).exp()
        rows = torch.arange(out.shape[1], device=x.device)
        columns = torch.arange(out.shape[2], device=x.device)
        down, across = torch.meshgrid(rows + 0.5, columns + 0.5, indexing="ij")  # (h, w)
        left, top, right, bottom = sides.unbind(-1)  # each (B, h, w), in cells
        corners = [across - left, down - top, across + right, down + bottom]
        boxes = STRIDE * torch.stack(corners, dim=-1)  # (B, h, w, 4) in pixels
        if targets is not None:
            return self.losses(logits, boxes, targets)
        chances = logits.softmax(-1)[..., 1:].flatten(1, 2)  # (B, h * w, classes - 1)
        return [detect(chances[i], boxes[i].flatten(0, 1)) for i in range(len(boxes))]

    def losses(
        self, logits: Tensor, boxes: Tensor, targets: list[dict[str, Tensor]]
    ) -> dict[str, Tensor]:
        """Losses of the classes of all cells, and of the boxes of those with an object."""
        classes = torch.zeros(logits.shape[:3], dtype=torch.int64, device=logits.device)
        truth = torch.zeros_like(boxes)
        for i in range(len(logits)):
            found = targets[i]["boxes"]  # (M, 4)
            middles = ((found[:, :2] + found[:, 2:]) / (2 * STRIDE)).long()  # (M, 2)
            column = middles[:, 0].clamp(0, logits.shape[2] - 1)
            row = middles[:, 1].clamp(0, logits.shape[1] - 1)
            classes[i, row, column] = targets[i]["labels"]
            truth[i, row, column] = found
        mine = classes > 0
        count = mine.sum().clamp(min=1)
        cost = functional.cross_entropy(logits.permute(0, 3, 1, 2), classes, reduction="sum")
        box_cost = generalized_box_iou_loss(boxes[mine], truth[mine], reduction="sum")
        return {"classes": cost / count, "boxes": box_cost / count}


def detect(scores: Tensor, boxes: Tensor) -> dict[str, Tensor]:
    """The boxes (cells, 4) of one image with a score (cells, classes - 1), each object once."""
    best, index = scores.flatten().topk(min(200, scores.numel()))
    labels, boxes = index % scores.shape[1] + 1, boxes[index // scores.shape[1]]
    kept = batched_nms(boxes, best, labels, 0.5)[:100]
    return {"boxes": boxes[kept], "labels": labels[kept], "scores": best[kept]}


# Catta trains with an optimizer, a schedule and a loss of its own. To train the network its own
# way, add the methods `train_setup(self, prm)`, called once, and `learn(self, train_data)`, called
# once an epoch; the network `single-shot-detector` of the zoo shows them.


def supported_hyperparameters() -> set[str]:
    """Names of the values of `prm` that are read: they can be given, and tuned."""
    return {"dropout"}
