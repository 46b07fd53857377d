"""Modules of transforms taken apart: the same images, random ones later, once what can be."""

import numpy as np
import pytest
import torch
from torchvision.transforms import functional, transforms

from catta.evaluation.transforms.applied import apply
from catta.evaluation.transforms.parsing import steps_of
from catta.evaluation.transforms.pipeline import for_evaluation, for_training, halves
from catta.evaluation.transforms.stage import TransformError
from catta.records import Problem

NORM = ((0.49, 0.48, 0.45), (0.25, 0.24, 0.26))
HEAD = """
import numpy as np
import torch
import torchvision.transforms as transforms
"""


def module(body):
    steps = "".join(f"        {line},\n" for line in body)
    return f"{HEAD}\ndef transform(norm):\n    return transforms.Compose([\n{steps}    ])\n"


NORM_64 = (
    "transforms.Resize(64)", "transforms.CenterCrop(64)", "transforms.ToTensor()",
    "transforms.Normalize(*norm)",
)  # fmt: skip
FLIPPED = (*NORM_64[:2], "transforms.RandomHorizontalFlip()", *NORM_64[2:])
COMPLEX = """
class NormalizeToFloat:
    def __call__(self, x):
        if isinstance(x, torch.Tensor):
            return x.float() / 255.0
        return np.array(x).astype(np.float32) / 255.0

class ToComplex64:
    def __call__(self, x):
        return x.type(torch.complex64)

def transform(norm):
    return transforms.Compose([
        transforms.Resize((40, 40)), NormalizeToFloat(), transforms.ToTensor(), ToComplex64()])
"""
PADDED = """
class PadToSize:
    def __call__(self, image):
        _, h, w = image.shape
        return torch.nn.functional.pad(image, (0, 40 - w, 0, 40 - h))

def transform(norm):
    return transforms.Compose([transforms.ToTensor(), PadToSize()])
"""
NOISY = """
class Noise:
    def __call__(self, image):
        return image + torch.rand(1) * 0.01

def transform(norm):
    return transforms.Compose([transforms.ToTensor(), Noise()])
"""


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(12, 3, 4, 4, generator=generator)
    return (torch.nn.functional.interpolate(coarse, (32, 32), mode="bilinear") * 255).byte()


def stages(source, images):
    return steps_of(source, NORM, images[:4])


def pictures(transform, images):
    return torch.stack([transform(functional.to_pil_image(image)) for image in images])


def test_a_deterministic_transform_is_done_once_and_gives_what_it_gives(images):
    pipeline = for_training(stages(module(NORM_64), images), images)
    done, rest = halves(pipeline, images, 1 << 30)
    assert rest.stages == ()
    wanted = transforms.Compose(
        [
            transforms.Resize(64),
            transforms.CenterCrop(64),
            transforms.ToTensor(),
            transforms.Normalize(*NORM),
        ]
    )
    assert (done - pictures(wanted, images)).abs().max() <= 2 / 255 / 0.24


def test_a_flip_comes_last_and_is_all_that_is_left(images):
    pipeline = for_training(stages(module(FLIPPED), images), images)
    before = images.clone()
    done, rest = halves(pipeline, images, 1 << 30)
    assert [stage.name for stage in rest.stages] == ["RandomHorizontalFlip"]
    assert torch.equal(images, before)
    torch.manual_seed(0)
    batch = rest(done.clone())
    turned = [torch.equal(a, b.flip(2)) for a, b in zip(batch, done, strict=True)]
    assert 0 < sum(turned) < len(images)
    assert all(
        torch.equal(a, b.flip(2) if flip else b)
        for a, b, flip in zip(batch, done, turned, strict=True)
    )


def test_what_memory_does_not_hold_is_done_batch_by_batch(images):
    pipeline = for_training(stages(module(NORM_64), images), images)
    done, rest = halves(pipeline, images, 64 * 64 * 3 * len(images))
    assert done.dtype == torch.uint8
    assert done.shape[2:] == (64, 64)
    assert [stage.name for stage in rest.stages] == ["ToTensor", "Normalize"]
    same, everything = halves(pipeline, images, 1)
    assert same is images
    whole, _ = halves(pipeline, images, 1 << 30)
    assert torch.equal(everything(images.clone()), whole)
    assert torch.equal(rest(done.clone()), whole)


def test_a_flip_of_bytes_comes_before_they_become_floats(images):
    pipeline = for_training(stages(module(FLIPPED), images), images)
    whole, _ = halves(pipeline, images, 1 << 30)
    done, rest = halves(pipeline, images, 64 * 64 * 3 * len(images))
    assert done.dtype == torch.uint8
    assert [stage.name for stage in rest.stages] == [
        "RandomHorizontalFlip",
        "ToTensor",
        "Normalize",
    ]
    batch = rest.of(done, torch.arange(len(images)))
    either = [
        torch.equal(got, image) or torch.equal(got, image.flip(2))
        for got, image in zip(batch, whole, strict=True)
    ]
    assert all(either)
    assert 0 < sum(torch.equal(a, b) for a, b in zip(batch, whole, strict=True)) < len(images)


TURNED = """
def transform(norm):
    return transforms.Compose([transforms.ToTensor(), lambda image: image.transpose(-1, -2)])
"""


def test_a_step_may_give_another_view_of_the_same_memory(images):
    many = images.repeat(200, 1, 1, 1)
    done, rest = halves(for_training(stages(HEAD + TURNED, many), many), many, 1 << 30)
    assert rest.stages == ()
    assert torch.equal(done, (many / 255).transpose(-1, -2))


def test_a_flip_does_not_pass_what_draws(images):
    body = ("transforms.RandomCrop(30)", "transforms.RandomHorizontalFlip()", *NORM_64[2:])
    pipeline = for_training(stages(module(body), images), images)
    _, rest = halves(pipeline, images, 1 << 30)
    assert [stage.name for stage in rest.stages][:2] == ["RandomCrop", "RandomHorizontalFlip"]


def test_several_threads_do_the_same(images):
    many = images.repeat(200, 1, 1, 1)
    pipeline = for_training(stages(module(NORM_64), many), many)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone, _ = halves(pipeline, many, 1 << 30)
        torch.set_num_threads(3)
        together, _ = halves(pipeline, many, 1 << 30)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(alone, together)


def test_bytes_become_the_same_floats_wherever_they_are_written(images):
    every = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    (stage,) = stages(module(("transforms.ToTensor()",)), images)
    place = torch.empty(1, 1, 16, 16)
    assert stage.into(every, place) is place
    assert torch.equal(place, stage.apply(every))
    assert torch.equal(place.flatten(), torch.arange(256) / 255)


def test_evaluation_gets_nothing_random(images):
    source = module(
        (
            "transforms.RandomRotation(20)",
            "transforms.RandomCrop(28)",
            "transforms.RandomPosterize(3)",
            "transforms.Resize((16, 16))",
            "transforms.ToTensor()",
        )
    )
    found = for_evaluation(stages(source, images), images)
    assert not any(stage.random for stage in found.stages)
    wanted = transforms.Compose(
        [transforms.CenterCrop(28), transforms.Resize((16, 16)), transforms.ToTensor()]
    )
    assert (found(images.clone()) - pictures(wanted, images)).abs().max() <= 2 / 255


def test_steps_of_a_module_s_own_are_tried_on_batches(images):
    found = stages(HEAD + COMPLEX, images)
    assert not any(stage.slow or stage.random for stage in found)
    values = for_training(found, images)(images.clone())
    assert values.dtype == torch.complex64
    wanted = transforms.Compose([transforms.Resize((40, 40)), transforms.ToTensor()])
    assert (values.real - pictures(wanted, images)).abs().max() <= 2 / 255


def test_a_step_that_takes_one_image_only_goes_image_by_image_once(images):
    pipeline = for_training(stages(HEAD + PADDED, images), images)
    assert pipeline.slow == ("PadToSize",)
    done, rest = halves(pipeline, images, 1 << 30)
    assert rest.slow == ()
    assert done.shape == (12, 3, 40, 40)
    assert torch.equal(done[:, :, :32, :32], images / 255)
    assert done[:, :, 32:].abs().sum() == 0


def test_an_unknown_step_that_draws_is_seen_and_left_out_of_evaluation(images):
    found = stages(HEAD + NOISY, images)
    assert [stage.random for stage in found] == [False, True]
    assert halves(for_training(found, images), images, 1 << 30)[1].slow == ("Noise",)
    assert [stage.name for stage in for_evaluation(found, images).stages] == ["ToTensor"]


def test_a_function_is_a_transform_too(images):
    source = f"{HEAD}\ndef transform(norm):\n    return transforms.functional.to_tensor\n"
    (stage,) = stages(source, images)
    assert torch.allclose(stage.apply(images), images / 255)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = 1", "no function transform"),
        ("def transform(norm):\n    return 7", "returns int, which cannot be called"),
        ("def transform(norm):\n    return lambda image: 'no'", "gives str, not a tensor"),
        (module(("transforms.Resize(8)",)), "gives torch.uint8 values"),
        (
            module(("transforms.RandomCrop(64)", "transforms.ToTensor()")),
            "no 64x64 fits into images of 32x32",
        ),
        (
            module(("transforms.ToTensor()", "transforms.Normalize((0.1,) * 5, (1,) * 5)")),
            "Normalize does not take images of 3x32x32",
        ),
        (
            module(("transforms.FiveCrop(34)", "transforms.ToTensor()")),
            "FiveCrop does not take images of 3x32x32",
        ),
    ],
)
def test_what_is_no_transform_of_these_images_is_named(images, source, message):
    with pytest.raises(TransformError, match=message):
        stages(source, images)


def split(images, **targets):
    return {"x": images, **targets}


def applied(body, task, images, *, outputs=5, **targets):
    problem = Problem(task=task, sample=(3, 32, 32), outputs=outputs)
    norm = np.array(NORM, np.float32)
    return apply(module(body), problem, split(images, **targets), images, norm, memory_mb=1024)


def test_masks_are_resized_and_flipped_with_their_images(images):
    masks = (images[:, 0] > 100).to(torch.uint8)
    body = (
        "transforms.Resize((64, 64))",
        "transforms.RandomHorizontalFlip()",
        "transforms.RandomVerticalFlip()",
        "transforms.ToTensor()",
    )
    found = applied(body, "img-segmentation", images, y=masks)
    assert found.problem.sample == (3, 64, 64)
    torch.manual_seed(0)
    x, y = found.objective.batch(found.samples, torch.arange(12))
    assert y.shape == (12, 64, 64)
    assert ((x[:, 0] > 100 / 255) == (y == 1)).float().mean() > 0.97
    assert not torch.equal(x, found.rest(found.inputs.clone()))


def test_boxes_follow_and_come_back_in_their_own_size(images):
    boxes = torch.tensor([[[2.0, 4.0, 10.0, 20.0], [0, 0, 0, 0]]]).repeat(12, 1, 1)
    labels = torch.tensor([[1, 0]]).repeat(12, 1)
    body = (
        "transforms.Resize((64, 64))",
        "transforms.RandomHorizontalFlip()",
        "transforms.ToTensor()",
    )
    found = applied(body, "obj-detection", images, boxes=boxes, labels=labels)
    torch.manual_seed(0)
    _, targets = found.objective.batch(found.samples, torch.arange(12))
    seen = {tuple(target["boxes"][0].tolist()) for target in targets}
    assert seen == {(4.0, 8.0, 20.0, 40.0), (44.0, 8.0, 60.0, 40.0)}
    assert targets[0]["orig_size"].tolist() == [64, 64]

    def network(inputs):
        box = torch.tensor([[4.0, 8.0, 20.0, 40.0]])
        one = {"boxes": box, "scores": torch.ones(1), "labels": torch.ones(1, dtype=torch.int64)}
        return [one for _ in inputs]

    predicted = found.objective.predict(network, found.inputs)
    assert predicted["boxes"][0, 0].tolist() == [2.0, 4.0, 10.0, 20.0]


@pytest.mark.parametrize("task", ["img-segmentation", "obj-detection"])
def test_what_masks_and_boxes_cannot_follow_is_named(images, task):
    body = ("transforms.RandomRotation(10)", "transforms.ToTensor()")
    with pytest.raises(TransformError, match="masks and boxes cannot follow RandomRotation"):
        applied(body, task, images, y=images[:, 0], boxes=torch.zeros(12, 1, 4))


def test_a_middle_that_is_the_whole_image_moves_nothing(images):
    found = applied(NORM_64, "img-segmentation", images, y=images[:, 0])
    assert found.problem.sample == (3, 64, 64)
