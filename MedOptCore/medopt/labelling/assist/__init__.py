"""Interactive correction: from what an annotator draws to the part of a mask that changes; without torch."""

from medopt.labelling.assist.patch import Box3, Patch
from medopt.labelling.assist.strokes import Strokes

__all__ = ["Box3", "Patch", "Strokes"]
