"""What is explained and how; needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from medopt.settings import Settings

MethodName = Literal["cam", "gradcam", "gradcam++", "occlusion"]

METHODS: Mapping[MethodName, str] = {
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "cam": "CAM",
    "occlusion": "Occlusion",
}
"""Name → title, the default first."""


class ExplainSettings(Settings):
    """How maps are made and checked."""

    method: MethodName = "gradcam"
    layer: str = ""
    """Whose features are weighed, by its name in the network; empty for the default, see ``default_layer``."""
    classes: tuple[str, ...] = ()
    """Names of the classes to explain. Empty: of a classification those that the model finds in the image, else all."""
    peak: Annotated[int, Field(ge=1, le=300)] = 1
    """Which of a class's boxes is explained, 1 for the surest (detection)."""
    blocks: Annotated[int, Field(ge=2, le=64)] | None = None
    """Steps of the occluding block along the image's longest side; None: 14 in a slice, 8 in a volume."""
    sanity_cases: Annotated[int, Field(ge=0)] = 20
    """Cases on which the randomisation check is made; 0 leaves it out."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Of the random weights."""
