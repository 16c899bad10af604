"""How a model is applied to images larger than its patch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from medopt.settings import Settings


class InferenceSettings(Settings):
    """Windows over a whole image."""

    overlap: Annotated[float, Field(ge=0, lt=1)] = 0.25
    """Share of a window that its neighbour covers again; 0.5 costs 3 to 4 times as much in 3D as 0."""
    mirror: bool = False
    """Average over mirrored images (test-time augmentation): 8 times the work in 3D, 4 times in 2D."""
