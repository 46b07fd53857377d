"""What networks are asked for."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Problem(BaseModel):
    """What a network is asked for, on any task.

    Attributes:
        task: LEMUR's name of the task.
        sample: Shape of one input: (channels, height, width) of an image, (length,) of a text.
        outputs: What comes out, as LEMUR counts it: classes; of detection and segmentation with
            the background as class 0; of texts and captions the words of the vocabulary.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str = "img-classification"
    sample: tuple[int, ...]
    outputs: int

    @property
    def out_shape(self) -> tuple[int, ...]:
        """The second argument of a network's constructor."""
        return (self.outputs,)
