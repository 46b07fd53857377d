"""Images per second of transforms, beside a DataLoader of torchvision with two workers.

    python benchmarks/transforms.py [--images 4000] [--rounds 2] [--only NAME]

The transforms are those that LEMUR's trials use most (`echo` and `norm` of a size, with and without
a flip: 88 % of the trials of LEMUR 2.1.2), and some random ones, written here as LEMUR has them.
Images are smooth noise of CIFAR's size. `first` is an epoch with all that is done once; `later` is
an epoch after that; `five` is a training of five epochs, which is what LEMUR's trials are. Both
sides give batches of 64, train nothing, and have the environment of a worker. The best of the
rounds counts; `CPU` compares the processor time of a later epoch, workers of the DataLoader
included, which a busy machine changes less.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from types import ModuleType

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from catta.evaluation.instance import load_module
from catta.evaluation.transforms.applied import Applied, apply
from catta.evaluation.worker import RUNTIME
from catta.records import Problem

BATCH = 64
MEMORY_MB = 4_096  # as recipes have it
NORM = np.array([[0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]], np.float32)

HEAD = "import torchvision.transforms as transforms\n\ndef transform(norm):\n"
END = ("transforms.ToTensor()", "transforms.Normalize(*norm)")
FLIP = "transforms.RandomHorizontalFlip()"


def _module(*steps: str) -> str:
    return f"{HEAD}    return transforms.Compose([{', '.join(steps)}])\n"


def _bf(*steps: str) -> str:
    return _module(*(f"transforms.{step}" for step in steps), "transforms.Resize((64, 64))", *END)


def transforms_of_lemur() -> dict[str, str]:
    """Names and texts."""
    found: dict[str, str] = {"echo": _module(END[0]), "norm_flip": _module(FLIP, *END)}
    for size in (32, 64, 128, 256, 299):
        resize = f"transforms.Resize(({size}, {size}))"
        both = (f"transforms.Resize({size})", f"transforms.CenterCrop({size})")
        found[f"echo_{size}"] = _module(resize, END[0])
        found[f"echo_{size}_flip"] = _module(resize, FLIP, END[0])
        found[f"norm_{size}"] = _module(*both, *END)
        found[f"norm_{size}_flip"] = _module(*both, FLIP, *END)
    found["RandomCrop"] = _bf("RandomCrop(size=30)")
    found["RandomRotation"] = _bf("RandomRotation(degrees=10)")
    found["RandomPerspective"] = _bf("RandomPerspective(distortion_scale=0.12, p=0.53)")
    found["AdjustSharpness"] = _bf("RandomAdjustSharpness(sharpness_factor=1.5, p=0.5)")
    found["Posterize, Autocontrast"] = _bf(
        "RandomPosterize(bits=5, p=0.54)", "RandomAutocontrast(p=0.5)"
    )
    found["Pad, Equalize"] = _bf("Pad(padding=3, fill=(9, 17, 194))", "RandomEqualize(p=0.4)")
    found["RandomResizedCrop"] = _bf("RandomResizedCrop(size=32, scale=(0.79, 0.9))")
    found["ColorJitter, Blur"] = _bf(
        "ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1)",
        "RandomHorizontalFlip()",
        "GaussianBlur(kernel_size=3, sigma=(0.5, 1.5))",
    )
    return found


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images as a dataset of torchvision holds them; transformed one by one."""

    def __init__(self, images: np.ndarray, module: ModuleType) -> None:
        self._images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        self._transform = module.transform(tuple(map(tuple, NORM.tolist())))

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self._transform(Image.fromarray(self._images[index])), 0


def smooth(count: int) -> np.ndarray:
    """(count, 3, 32, 32) uint8."""
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    fine = torch.nn.functional.interpolate(coarse, (32, 32), mode="bilinear")
    return (fine * 255).byte().numpy()


def consume(batches: Iterable[tuple[Tensor, Tensor]]) -> int:
    """Take all batches; returns the number of images."""
    return sum(len(images) for images, _ in batches)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def measured(work: Callable[[], int]) -> tuple[float, float]:
    """Images per second of wall clock and of processor time."""
    begin, cpu = time.perf_counter(), _cpu()
    count = work()
    return count / (time.perf_counter() - begin), count / max(_cpu() - cpu, 1e-6)


def ours(source: str, images: Tensor, rounds: int) -> tuple[tuple[float, float], ...]:
    """Images per second of the first epoch and of the best later one."""
    problem = Problem(sample=tuple(images.shape[1:]), outputs=10)
    samples = {"x": images, "y": torch.zeros(len(images), dtype=torch.int64)}
    work: list[Applied] = []

    def epoch() -> int:
        batches = torch.randperm(len(images)).split(BATCH)
        return consume(work[-1].objective.batch(work[-1].samples, one) for one in batches)

    def first() -> int:
        work.append(apply(source, problem, samples, images[:8], NORM, memory_mb=MEMORY_MB))
        return epoch()

    firsts = [measured(first) for _ in range(rounds)]
    return max(firsts), max(measured(epoch) for _ in range(rounds))


def theirs(source: str, images: np.ndarray, rounds: int) -> tuple[float, float]:
    """Images per second of the best epoch; starting the workers counts as processor time only."""
    data = Pictures(images, load_module(source, name="benchmark_transform"))
    found: list[tuple[float, float]] = []
    for _ in range(rounds):
        cpu = _cpu()
        loader = DataLoader(
            data, batch_size=BATCH, shuffle=True, num_workers=2, persistent_workers=True
        )
        consume(loader)
        speed, _ = measured(lambda loader=loader: consume(loader))
        del loader  # its workers end, and only then their time is known
        found.append((speed, 2 * len(images) / (_cpu() - cpu)))
    return max(found)


def main() -> None:
    """Print a line a transform."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--images", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", action="append")
    arguments = parser.parse_args()
    if not RUNTIME.keys() <= os.environ.keys():  # which libraries read when they start
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **RUNTIME})  # noqa: S606
    images = smooth(arguments.images)
    heads = f"{'first':>10} {'later':>10} {'DataLoader':>10}   first  later   five    CPU"
    print(f"{'images/s':24} {heads}")
    for name, source in transforms_of_lemur().items():
        if arguments.only and name not in arguments.only:
            continue
        first, later = ours(source, torch.from_numpy(images), arguments.rounds)
        plain = theirs(source, images, arguments.rounds)
        five = 5 / (1 / first[0] + 4 / later[0])
        ratios = first[0] / plain[0], later[0] / plain[0], five / plain[0], later[1] / plain[1]
        speeds = f"{first[0]:10,.0f} {later[0]:10,.0f} {plain[0]:10,.0f}"
        print(f"{name:24} {speeds}  " + " ".join(f"{ratio:5.1f}x" for ratio in ratios), flush=True)


if __name__ == "__main__":
    main()
