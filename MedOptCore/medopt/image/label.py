"""What a label is: one of three kinds, by the task of its project."""

from __future__ import annotations

from typing import TypeAlias

from medopt.image.boxes import Boxes
from medopt.image.class_label import ClassLabel
from medopt.image.image import LabelMap

Label: TypeAlias = LabelMap | Boxes | ClassLabel
"""Of segmentation, detection and classification."""
