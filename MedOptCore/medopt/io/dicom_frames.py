"""Where each image of a DICOM object lies: single-frame objects and enhanced multi-frame ones alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from medopt.io.dicom_headers import code, item, items, number, numbers
from medopt.io.dicom_mosaic import mosaic_of
from medopt.io.dicom_tables import has_modality_table

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Pair = tuple[float, float]
MM_PER_CM = 10.0
CENTIMETRES = 3
"""Code of the unit cm in ultrasound regions (PS3.3 C.8.5.5.1.15)."""


@dataclass(frozen=True)
class Frame:
    """One image of one file.

    Parameters
    ----------
    file : which of the files, counted from 0
    index : which frame of that file, counted from 0
    instance : the file's instance number, 0 when it does not tell
    position : LPS mm of the first pixel's centre, None when unknown
    orientation : LPS unit vectors along a row (rising column) and along a column, six numbers; None when unknown
    spacing : mm between rows and between columns; None when unknown
    step : mm from slice to slice as the header claims (spacing between slices, else thickness); None when unknown
    slope, intercept : stored value × slope + intercept is the real value; 1 and 0 where a table holds real values
    """

    file: int
    index: int
    instance: float
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: Pair | None
    step: float | None
    slope: float
    intercept: float


def frames_of(dataset: Dataset, file: int) -> list[Frame]:
    """The frames of an object in stored order: one for a single-frame object, each tile of a mosaic."""
    mosaic = mosaic_of(dataset)
    if mosaic is not None:
        whole = Frame(
            file, 0, number(dataset, "InstanceNumber") or 0.0, None, numbers(dataset, "ImageOrientationPatient", 6),
            _spacing(dataset, dataset), None, *_scale(dataset, dataset),
        )  # fmt: skip
        places = (tuple(float(x) for x in place) for place in mosaic.positions)
        return [replace(whole, index=index, position=place) for index, place in enumerate(places)]
    count = max(1, int(number(dataset, "NumberOfFrames") or 1))
    shared = item(dataset, "SharedFunctionalGroupsSequence")
    groups = items(dataset, "PerFrameFunctionalGroupsSequence")
    offsets = numbers(dataset, "GridFrameOffsetVector", count) if count > 1 else None
    instance = number(dataset, "InstanceNumber") or 0.0
    result = []
    for index in range(count):
        own = groups[index] if index < len(groups) else None
        position = numbers(group_of(dataset, own, shared, "PlanePositionSequence"), "ImagePositionPatient", 3)
        if count > 1 and not groups and offsets is None:
            position = None  # one position cannot place many frames
        orientation = numbers(group_of(dataset, own, shared, "PlaneOrientationSequence"), "ImageOrientationPatient", 6)
        if offsets is not None and position is not None and orientation is not None:
            normal = np.cross(orientation[:3], orientation[3:])
            position = tuple(float(x) for x in np.asarray(position) + normal * (offsets[index] - offsets[0]))
        measures = group_of(dataset, own, shared, "PixelMeasuresSequence")
        step = number(measures, "SpacingBetweenSlices") or number(measures, "SliceThickness")
        slope, intercept = _scale(dataset, group_of(dataset, own, shared, "PixelValueTransformationSequence"))
        result.append(
            Frame(
                file, index, instance, position, orientation, _spacing(dataset, measures),
                abs(step) if step else None, slope, intercept,
            )
        )  # fmt: skip
    return result


def projected(dataset: Dataset) -> bool:
    """True when the only spacing known is that on the detector or the film, not that in the patient."""
    return numbers(dataset, "PixelSpacing", 2) is None and (
        numbers(dataset, "ImagerPixelSpacing", 2) is not None
        or numbers(dataset, "NominalScannedPixelSpacing", 2) is not None
    )


def group_of(dataset: Dataset, own: Dataset | None, shared: Dataset | None, keyword: str) -> Dataset:
    """The functional group of a frame: its own, else the shared one, else the object itself."""
    found = item(own, keyword)
    if found is None:
        found = item(shared, keyword)
    return dataset if found is None else found


def _spacing(dataset: Dataset, measures: Dataset) -> Pair | None:
    for source, keyword in (
        (measures, "PixelSpacing"),
        (dataset, "ImagerPixelSpacing"),
        (dataset, "NominalScannedPixelSpacing"),
    ):
        found = numbers(source, keyword, 2)
        if found is not None and min(found) > 0:
            return found[0], found[1]
    regions = items(dataset, "SequenceOfUltrasoundRegions")
    if len(regions) == 1:
        units = number(regions[0], "PhysicalUnitsXDirection"), number(regions[0], "PhysicalUnitsYDirection")
        deltas = number(regions[0], "PhysicalDeltaY"), number(regions[0], "PhysicalDeltaX")
        if units == (CENTIMETRES, CENTIMETRES) and deltas[0] and deltas[1]:
            return abs(deltas[0]) * MM_PER_CM, abs(deltas[1]) * MM_PER_CM
    return None


def _scale(dataset: Dataset, transformation: Dataset) -> Pair:
    if has_modality_table(dataset):
        return 1.0, 0.0
    slope, intercept = number(transformation, "RescaleSlope"), number(transformation, "RescaleIntercept")
    if slope is None and code(dataset, "Modality") == "RTDOSE":
        slope = number(dataset, "DoseGridScaling")
    return slope or 1.0, intercept or 0.0
