from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from catta.errors import FetchError, UsageError
from catta.tasks.scenes_clipart import MOST_CLASSES, ClipArt
from catta.tasks.scenes_drawing import SIZE

ABSENT = ClipArt(installed=Path("/nowhere/openclipart"))


def draw(path: Path, colour: tuple[int, int, int]) -> None:
    """A disc with much that is transparent around it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGBA", (120, 90), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((30, 20, 80, 60), fill=(*colour, 255))
    image.save(path)


@pytest.fixture
def clipart(tmp_path: Path) -> Path:
    root = tmp_path / "openclipart"
    for folder, colour, count in (("animals", (250, 0, 0), 7), ("tools", (0, 0, 250), 6)):
        for number in range(count):
            draw(root / "png" / folder / "deeper" / f"{number}.png", colour)
    draw(root / "png" / "alone" / "one.png", (0, 250, 0))
    return root


def test_folders_are_classes_and_colours_tell_them(clipart: Path) -> None:
    source = ABSENT.open("img-segmentation", clipart)
    assert source.words == ("background", "animals", "tools")
    read = source.read("train", np.arange(24), SIZE)
    for label, channel, other in ((1, 0, 2), (2, 2, 0)):
        pixels = read["x"].transpose(1, 0, 2, 3)[:, read["y"] == label]
        assert np.median(pixels[channel]) == 250
        assert np.median(pixels[other]) == 0
    boxes = ABSENT.open("obj-detection", clipart).read("train", np.arange(24), SIZE)
    wide = (boxes["boxes"][..., 2] - boxes["boxes"][..., 0])[boxes["labels"] > 0]
    assert wide.max() <= 64


def test_the_transparent_border_is_cut_off(clipart: Path) -> None:
    source = ABSENT.open("obj-detection", clipart)
    cutout = source.cutouts.cut("train", 0, 0.0, 40, np.zeros(3))
    assert cutout.mask.shape == (32, 40)
    assert cutout.mask.mean() == pytest.approx(np.pi / 4, abs=0.06)


def test_no_picture_is_in_both_parts(clipart: Path) -> None:
    files = ABSENT.open("obj-detection", clipart).cutouts.files  # type: ignore[attr-defined]
    parts = {part: {path for kind in kinds for path in kind} for part, kinds in files.items()}
    assert not parts["train"] & parts["test"]
    assert {part: len(paths) for part, paths in parts.items()} == {"train": 9, "test": 4}


def test_only_the_largest_folders_count(tmp_path: Path) -> None:
    for number in range(MOST_CLASSES + 2):
        for picture in range(2 + (number > 1)):
            draw(tmp_path / f"kind{number:02}" / f"{picture}.png", (9, 9, 9))
    words = ABSENT.open("obj-detection", tmp_path).words
    assert words[1:] == tuple(f"kind{number:02}" for number in range(2, MOST_CLASSES + 2))


def test_other_files_give_other_data(clipart: Path) -> None:
    before = ABSENT.open("obj-detection", clipart).digest()
    draw(clipart / "png" / "tools" / "9.png", (0, 0, 9))
    assert ABSENT.open("obj-detection", clipart).digest() != before


def test_a_corrupt_picture_is_named(clipart: Path) -> None:
    for path in clipart.rglob("*.png"):
        path.write_bytes(b"no picture")
    source = ABSENT.open("obj-detection", clipart)
    with pytest.raises(FetchError, match=r"the picture .*\.png cannot be read"):
        source.read("train", np.arange(1), SIZE)


def test_pictures_of_nothing_make_no_scene(clipart: Path) -> None:
    for path in clipart.rglob("*.png"):
        Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(path)
    source = ABSENT.open("obj-detection", clipart)
    with pytest.raises(FetchError, match="none has anything to see"):
        source.read("train", np.arange(1), SIZE)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    assert not ABSENT.present()
    with pytest.raises(FetchError, match="install Debian's package openclipart-png"):
        ABSENT.open("obj-detection", None)
    with pytest.raises(UsageError, match="does not exist"):
        ABSENT.open("obj-detection", tmp_path / "nowhere")
    with pytest.raises(UsageError, match="does not hold clip art"):
        ABSENT.open("obj-detection", tmp_path)


def test_the_installed_package_is_found(clipart: Path) -> None:
    installed = ClipArt(installed=clipart)
    assert installed.present()
    assert installed.open("obj-detection", None).outputs == 3


def test_links_and_giants_are_left_out(clipart: Path) -> None:
    folder = clipart / "png" / "animals"
    (folder / "again.png").symlink_to(folder / "deeper" / "0.png")
    giant = bytearray((folder / "deeper" / "1.png").read_bytes())
    giant[16:24] = (20_000).to_bytes(4, "big") * 2
    (folder / "giant.png").write_bytes(giant)
    files = ABSENT.open("obj-detection", clipart).cutouts.files  # type: ignore[attr-defined]
    names = {path.name for kinds in files.values() for kind in kinds for path in kind}
    assert "0.png" in names
    assert not names & {"again.png", "giant.png"}
