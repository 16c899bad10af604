"""Frames of single-frame and multi-frame objects."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from medopt.io.dicom_frames import frames_of, projected


def header(**values: object) -> Dataset:
    result = Dataset()
    for keyword, value in values.items():
        setattr(result, keyword, value)
    return result


AXIAL = [1, 0, 0, 0, 1, 0]


def test_a_single_frame() -> None:
    (frame,) = frames_of(
        header(
            InstanceNumber=7, ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=AXIAL, PixelSpacing=[0.5, 0.25],
            SliceThickness=3, SpacingBetweenSlices=-2, RescaleSlope=2, RescaleIntercept=-5,
        ),
        4,
    )  # fmt: skip
    assert (frame.file, frame.index, frame.instance) == (4, 0, 7.0)
    assert frame.position == (1.0, 2.0, 3.0)
    assert frame.spacing == (0.5, 0.25)
    assert frame.step == 2.0
    assert (frame.slope, frame.intercept) == (2.0, -5.0)


def test_functional_groups_of_a_frame_go_before_the_shared_ones() -> None:
    shared = header(
        PlaneOrientationSequence=[header(ImageOrientationPatient=AXIAL)],
        PixelMeasuresSequence=[header(PixelSpacing=[1, 1], SliceThickness=2)],
        PixelValueTransformationSequence=[header(RescaleSlope=3, RescaleIntercept=1)],
    )
    own = [
        header(PlanePositionSequence=[header(ImagePositionPatient=[0, 0, 0])]),
        header(
            PlanePositionSequence=[header(ImagePositionPatient=[0, 0, 2])],
            PixelValueTransformationSequence=[header(RescaleSlope=4, RescaleIntercept=0)],
        ),
    ]
    groups = {"SharedFunctionalGroupsSequence": [shared], "PerFrameFunctionalGroupsSequence": own}
    first, second = frames_of(header(NumberOfFrames=2, **groups), 0)
    assert (first.slope, second.slope) == (3.0, 4.0)
    assert second.position == (0.0, 0.0, 2.0)
    assert second.orientation == tuple(map(float, AXIAL))
    assert second.step == 2.0


def test_one_position_cannot_place_many_frames() -> None:
    frames = frames_of(header(NumberOfFrames=3, ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=AXIAL), 0)
    assert [frame.position for frame in frames] == [None] * 3
    assert [frame.index for frame in frames] == [0, 1, 2]


def test_offsets_along_the_normal() -> None:
    frames = frames_of(
        header(
            NumberOfFrames=3, ImagePositionPatient=[1, 2, 3], ImageOrientationPatient=AXIAL, Modality="RTDOSE",
            GridFrameOffsetVector=[0, 2.5, 5], DoseGridScaling=0.01,
        ),
        0,
    )  # fmt: skip
    assert [frame.position[2] for frame in frames if frame.position] == [3.0, 5.5, 8.0]
    assert frames[0].slope == 0.01


def region(units: int, dx: float, dy: float) -> Dataset:
    return header(PhysicalUnitsXDirection=units, PhysicalUnitsYDirection=units, PhysicalDeltaX=dx, PhysicalDeltaY=dy)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"PixelSpacing": [2, 3], "ImagerPixelSpacing": [4, 5]}, (2.0, 3.0)),
        ({"ImagerPixelSpacing": [4, 5]}, (4.0, 5.0)),
        ({"NominalScannedPixelSpacing": [6, 7]}, (6.0, 7.0)),
        ({"PixelSpacing": [0, 3]}, None),
        ({"PixelSpacing": [2]}, None),
        ({"SequenceOfUltrasoundRegions": [region(3, 0.02, 0.05)]}, (0.5, 0.2)),
        ({"SequenceOfUltrasoundRegions": [region(4, 0.02, 0.05)]}, None),
        ({"SequenceOfUltrasoundRegions": [region(3, 0.02, 0.05)] * 2}, None),
        ({}, None),
    ],
)
def test_spacing(values: dict, expected: tuple | None) -> None:
    found = frames_of(header(**values), 0)[0].spacing
    assert found == (None if expected is None else pytest.approx(expected))


def test_projected() -> None:
    assert projected(header(ImagerPixelSpacing=[1, 1]))
    assert not projected(header(ImagerPixelSpacing=[1, 1], PixelSpacing=[1, 1]))
    assert not projected(Dataset())
