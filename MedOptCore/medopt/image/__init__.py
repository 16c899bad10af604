"""Image and Geometry: arrays of (channel, k, j, i) and their place in the patient (LPS, mm)."""

from medopt.image.geometry import LPS_TO_RAS, Geometry
from medopt.image.image import Image, LabelMap

__all__ = ["LPS_TO_RAS", "Geometry", "Image", "LabelMap"]
