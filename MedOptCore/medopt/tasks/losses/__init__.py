"""Losses by name. ``LossSettings`` and ``class_weights`` need numpy only; torch is loaded with the first loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medopt.tasks.losses.settings import LossName, LossSettings
from medopt.tasks.losses.weights import class_weights

if TYPE_CHECKING:
    from medopt.tasks.losses.classification import classification_loss
    from medopt.tasks.losses.detection import detection_loss
    from medopt.tasks.losses.segmentation import segmentation_loss

__all__ = [
    "LossName",
    "LossSettings",
    "class_weights",
    "classification_loss",
    "detection_loss",
    "segmentation_loss",
]


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name == "classification_loss":
        from medopt.tasks.losses.classification import classification_loss

        return classification_loss
    if name == "detection_loss":
        from medopt.tasks.losses.detection import detection_loss

        return detection_loss
    if name == "segmentation_loss":
        from medopt.tasks.losses.segmentation import segmentation_loss

        return segmentation_loss
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
