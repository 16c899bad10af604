"""Files in and out: images, label maps, segmentations, DICOM series."""

from medopt.io.images import read_geometry, read_image, write_image
from medopt.io.label_maps import read_label_map, write_label_map
from medopt.io.segmentation import Segment, Segmentation
from medopt.io.segmentations import read_segmentation, write_segmentation

__all__ = [
    "Segment",
    "Segmentation",
    "read_geometry",
    "read_image",
    "read_label_map",
    "read_segmentation",
    "write_image",
    "write_label_map",
    "write_segmentation",
]
