"""Files in and out: images, label maps, segmentations, DICOM series."""

from medopt.io.dicom_facts import DicomFacts
from medopt.io.dicom_files import DicomSeriesFiles, find_series
from medopt.io.dicom_series import DicomSeries, read_dicom_series
from medopt.io.images import read_geometry, read_image, write_image
from medopt.io.label_maps import fit_label_map, read_label_map, write_label_map
from medopt.io.segmentation import Segment, Segmentation
from medopt.io.segmentations import read_segmentation, write_segmentation

__all__ = [
    "DicomFacts",
    "DicomSeries",
    "DicomSeriesFiles",
    "Segment",
    "Segmentation",
    "find_series",
    "fit_label_map",
    "read_dicom_series",
    "read_geometry",
    "read_image",
    "read_label_map",
    "read_segmentation",
    "write_image",
    "write_label_map",
    "write_segmentation",
]
