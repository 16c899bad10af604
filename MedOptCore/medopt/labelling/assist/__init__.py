"""Interactive correction: from what an annotator draws to the part of a mask that changes; without torch."""

from medopt.labelling.assist.assistant import Assistant
from medopt.labelling.assist.evidence import Trust
from medopt.labelling.assist.patch import Box3, Patch
from medopt.labelling.assist.strokes import Strokes

__all__ = ["Assistant", "Box3", "Patch", "Strokes", "Trust"]
