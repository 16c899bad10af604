"""Image and Geometry: arrays of (channel, k, j, i) and their place in the patient (LPS, mm); and the kinds of label."""

from medopt.image.boxes import Box, Boxes
from medopt.image.class_label import ClassLabel
from medopt.image.class_scores import ClassScores
from medopt.image.display import DisplayWindow, windows_of_channels
from medopt.image.geometry import LPS_TO_RAS, Geometry
from medopt.image.image import Image, LabelMap

__all__ = [
    "LPS_TO_RAS",
    "Box",
    "Boxes",
    "ClassLabel",
    "ClassScores",
    "DisplayWindow",
    "Geometry",
    "Image",
    "LabelMap",
    "windows_of_channels",
]
