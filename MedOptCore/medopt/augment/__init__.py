"""Augmentation: settings that draw, and one engine that applies what was drawn.

Settings, draws and ``sample_patch`` need numpy only; torch is loaded with the first use of ``sample_patches``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medopt.augment.boxes import transform_boxes
from medopt.augment.drawn import Action, Drawn, draw
from medopt.augment.numpy_sample import sample_patch
from medopt.augment.placement import content_matrix
from medopt.augment.registry import TECHNIQUES, AnyTechnique, AugmentSettings

if TYPE_CHECKING:
    from medopt.augment.sample import sample_patches

__all__ = [
    "TECHNIQUES",
    "Action",
    "AnyTechnique",
    "AugmentSettings",
    "Drawn",
    "content_matrix",
    "draw",
    "sample_patch",
    "sample_patches",
    "transform_boxes",
]


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name == "sample_patches":
        from medopt.augment.sample import sample_patches

        return sample_patches
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
