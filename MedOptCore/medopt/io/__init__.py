"""Files in and out: images, label maps, segmentations, DICOM series."""

from medopt.io.images import read_geometry, read_image, write_image
from medopt.io.label_maps import read_label_map, write_label_map

__all__ = ["read_geometry", "read_image", "read_label_map", "write_image", "write_label_map"]
