"""Steps on batches are what torchvision does to each picture."""

import numpy as np
import pytest
import torch
from torchvision.transforms import InterpolationMode, functional
from torchvision.transforms import transforms as old
from torchvision.transforms import v2 as new

from catta.evaluation.transforms.known import known
from catta.evaluation.transforms.stage import TransformError

BYTE = 1 / 255


@pytest.fixture
def images():
    """Smooth pictures, as photographs are: (4, 3, 32, 32) uint8."""
    coarse = torch.rand(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    smooth = torch.nn.functional.interpolate(coarse, (32, 32), mode="bicubic").clamp(0, 1)
    return (smooth * 255).to(torch.uint8)


def one_by_one(transform, images):
    return torch.stack(
        [functional.to_tensor(transform(functional.to_pil_image(image))) for image in images]
    )


def in_batches(transform, images):
    stage = known(transform)
    assert stage is not None
    return functional.convert_image_dtype(stage.apply(images.clone()), torch.float32)


@pytest.mark.parametrize(
    "transform",
    [
        old.Resize((64, 64)),
        old.Resize(48),
        old.Resize((12, 20)),
        new.Resize(20),
        old.Resize((64, 64), interpolation=InterpolationMode.NEAREST),
        old.CenterCrop(24),
        old.CenterCrop(40),
        old.Pad(3, fill=(226, 56, 184)),
        old.Pad(5, fill=(99, 122, 251), padding_mode="edge"),
        old.Pad([1, 2], padding_mode="reflect"),
        old.Grayscale(3),
        old.Grayscale(),
        old.GaussianBlur(3, sigma=1.0),
        old.RandomPosterize(4, p=1),
        old.RandomSolarize(200, p=1),
        old.RandomAutocontrast(p=1),
        old.RandomEqualize(p=1),
        old.RandomInvert(p=1),
        old.RandomAdjustSharpness(1.9, p=1),
        old.RandomGrayscale(p=1),
        old.RandomHorizontalFlip(p=1),
        new.RandomVerticalFlip(p=1),
        old.RandomPerspective(distortion_scale=0.0, p=1),
        old.GaussianBlur(5, sigma=(0.7, 0.7000001)),
        old.ColorJitter(brightness=(1.3, 1.3)),
        old.ColorJitter(contrast=(0.6, 0.6)),
        old.ColorJitter(saturation=(1.7, 1.7)),
        old.RandomResizedCrop(20, scale=(1, 1), ratio=(1, 1)),
        old.RandomResizedCrop(64, scale=(1, 1), ratio=(1, 1)),
    ],
    ids=repr,
)
def test_a_step_does_to_batches_what_it_does_to_pictures(transform, images):
    torch.manual_seed(0)
    wanted = one_by_one(transform, images)
    found = in_batches(transform, images)
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() <= 2.5 * BYTE


def test_hue_turns_as_in_pictures(images):
    """PIL keeps hues in bytes, so that a colour is some steps away."""
    transform = old.ColorJitter(hue=(0.2, 0.2))
    difference = (in_batches(transform, images) - one_by_one(transform, images)).abs()
    assert difference.max() <= 12 * BYTE
    assert difference.mean() <= 2 * BYTE


@pytest.mark.parametrize(
    "transform",
    [
        old.RandomRotation((20, 20), interpolation=InterpolationMode.BILINEAR),
        old.RandomRotation((90, 90)),
        old.RandomAffine(
            (10, 10), scale=(1.2, 1.2), shear=(5, 5), interpolation=InterpolationMode.BILINEAR
        ),
        old.RandomAffine((-15, -15), shear=(0, 0, 8, 8), interpolation=InterpolationMode.BILINEAR),
    ],
    ids=repr,
)
def test_pixels_move_as_in_pictures(transform, images):
    difference = (in_batches(transform, images) - one_by_one(transform, images)).abs()
    inner = difference[:, :, 8:-8, 8:-8]
    assert inner.max() <= 3 * BYTE
    assert difference.mean() <= 4 * BYTE


def test_perspective_is_that_of_the_corners_that_were_drawn(images, monkeypatch):
    moves = {"x": torch.tensor([[3, 1, 2, 4]]), "y": torch.tensor([[2, 3, 1, 0]])}
    answers = iter([moves["x"].flatten(), moves["y"].flatten()])
    monkeypatch.setattr("catta.evaluation.transforms.warping.integers", lambda *_: next(answers))
    found = in_batches(old.RandomPerspective(0.5, p=1), images[:1])[0]
    start = [[0, 0], [31, 0], [31, 31], [0, 31]]
    end = [[3, 2], [30, 3], [29, 30], [4, 31]]
    wanted = functional.perspective(functional.to_pil_image(images[0]), start, end)
    difference = (found - functional.to_tensor(wanted)).abs()
    assert difference[:, 6:-6, 6:-6].max() <= 3 * BYTE


def test_each_image_gets_a_window_of_its_own(images):
    torch.manual_seed(0)
    many = images[:1].repeat(64, 1, 1, 1)
    many = many.copy_(torch.arange(32 * 32).remainder(256).reshape(1, 1, 32, 32))
    crops = known(old.RandomCrop(29)).apply(many)
    windows = {bytes(crop[0].numpy().tobytes()) for crop in crops}
    allowed = {
        many[0, 0, i : i + 29, j : j + 29].contiguous().numpy().tobytes()
        for i in range(4)
        for j in range(4)
    }
    assert windows <= allowed
    assert len(windows) > 8


def test_a_share_of_the_images_is_flipped(images):
    torch.manual_seed(0)
    many = images[:1].repeat(1_000, 1, 1, 1)
    flipped = known(old.RandomHorizontalFlip(0.24)).apply(many.clone())
    count = sum(torch.equal(image, images[0].flip(2)) for image in flipped)
    assert 180 < count < 300
    assert count + sum(torch.equal(image, images[0]) for image in flipped) == 1_000


@pytest.mark.parametrize(
    "transform",
    [
        old.RandomRotation(15),
        old.RandomAffine(7, translate=(0.1, 0.1), scale=(0.8, 1.2)),
        old.RandomPerspective(p=1),
        old.RandomResizedCrop(32),
        old.RandomCrop(32, padding=4),
        old.ColorJitter(0.4, 0.4, 0.4, 0.1),
        old.GaussianBlur(3),
        old.RandomErasing(p=1, value="random"),
        new.RandomErasing(p=1),
        new.RandomAffine(9),
        new.RandomPerspective(p=1),
        new.RandomCrop(32, padding=4),
    ],
    ids=repr,
)
def test_random_steps_draw_for_each_image_and_keep_type_and_size(transform, images):
    torch.manual_seed(0)
    same = images[:1].repeat(8, 1, 1, 1)
    if isinstance(transform, old.RandomErasing | new.RandomErasing):
        same = same.float() / 255
    found = known(transform).apply(same.clone())
    assert found.shape == same.shape
    assert found.dtype == same.dtype
    assert len({image.numpy().tobytes() for image in found}) > 4


def test_random_crops_have_a_calm_middle(images):
    still = known(old.RandomCrop(20)).in_evaluation
    assert torch.equal(still.apply(images), images[:, :, 6:26, 6:26])
    assert known(old.RandomRotation(20)).in_evaluation is None


def test_a_window_that_does_not_fit_is_named(images):
    with pytest.raises(TransformError, match=r"RandomCrop: no 40x40 fits into images of 32x32"):
        known(old.RandomCrop(40)).apply(images)


def test_colours_that_do_not_suit_the_channels_are_named(images):
    with pytest.raises(TransformError, match="3 colours do not suit 1"):
        known(old.Pad(3, fill=(1, 2, 3))).apply(images[:, :1])


def test_erased_rectangles_have_the_value_and_the_rest_stays(images):
    torch.manual_seed(0)
    plain = images.float() / 255
    found = known(old.RandomErasing(p=1, value=7)).apply(plain.clone())
    gone = found == 7
    assert torch.equal(found[~gone], plain[~gone])
    share = gone.float().mean((1, 2, 3))
    assert np.all((share.numpy() > 0.01) & (share.numpy() < 0.4))


@pytest.mark.parametrize(
    "transform",
    [
        old.FiveCrop(8),
        old.RandomRotation(5, expand=True),
        old.Lambda(lambda x: x),
        new.AutoAugment(),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_what_nobody_wrote_for_batches_is_not_known(transform):
    assert known(transform) is None
