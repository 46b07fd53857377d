"""How much of a prediction counts."""

MOST_BOXES = 100
"""Boxes of an image, the best ones, as in COCO."""

LONGEST_CAPTION = 32
"""Tokens of a caption."""
