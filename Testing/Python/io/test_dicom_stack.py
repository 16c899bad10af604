"""Frames into volumes: order, grid, findings. Refusals with real files stand in test_dicom_series."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.io.dicom_frames import Frame
from medopt.io.dicom_stack import stack

HERE = Path("series")
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def frame(position: tuple | None, instance: float = 0, index: int = 0, file: int = 0, **changes: object) -> Frame:
    values = {
        "orientation": AXIAL if position else None, "spacing": (0.8, 0.7), "step": 5.0, "slope": 1.0, "intercept": 0.0,
    } | changes  # fmt: skip
    return Frame(file, index, instance, position, **values)  # type: ignore[arg-type]


@given(st.permutations(range(7)), st.floats(0.1, 9), st.floats(-3, 3))
def test_any_order_gives_the_same_stack(order: list[int], step: float, turn: float) -> None:
    right = np.array([np.cos(turn), np.sin(turn), 0.0])
    down = np.array([-np.sin(turn) * 0.6, np.cos(turn) * 0.6, 0.8])
    normal = np.cross(right, down)
    frames = [
        frame(tuple(10 + normal * step * k), k, file=k, orientation=tuple(np.concatenate([right, down]))) for k in order
    ]
    found = stack(frames, (8, 10), HERE, allow_uneven=False)
    assert [row[0].file for row in found.frames] == list(range(7))
    assert found.geometry.shape == (7, 8, 10)
    assert found.geometry.spacing == pytest.approx((step, 0.8, 0.7))
    np.testing.assert_allclose(np.asarray(found.geometry.direction), np.column_stack([normal, down, right]), atol=1e-9)
    assert found.findings == ()


def test_one_slice_takes_the_step_of_its_header() -> None:
    assert stack([frame((1, 2, 3))], (8, 10), HERE, allow_uneven=False).geometry.spacing == (5.0, 0.8, 0.7)
    one = stack([frame((1, 2, 3), step=None)], (8, 10), HERE, allow_uneven=False)
    assert one.geometry.spacing == (1.0, 0.8, 0.7)
    assert one.geometry.origin == (1.0, 2.0, 3.0)


def test_several_images_at_each_position_are_ordered_by_instance() -> None:
    frames = [frame((0, 0, float(k)), instance=10 * c + k, index=c) for c in (2, 0, 1) for k in (1, 0)]
    found = stack(frames, (8, 10), HERE, allow_uneven=False)
    assert [[f.index for f in row] for row in found.frames] == [[0, 1, 2], [0, 1, 2]]
    assert found.findings == ("3 images at each position became channels",)


def test_images_beside_each_other() -> None:
    with pytest.raises(MedOptError, match=r"beside each other: expected one stack of slices, found 2"):
        stack([frame((0, 0, 0)), frame((50, 0, 0))], (8, 10), HERE, allow_uneven=False)


def test_frames_without_a_place_are_stacked_as_stored() -> None:
    found = stack([frame(None, index=n) for n in range(3)], (8, 10), HERE, allow_uneven=False)
    assert found.geometry.spacing == (5.0, 0.8, 0.7)
    assert [row[0].index for row in found.frames] == [0, 1, 2]
    assert "do not say where they lie" in found.findings[0]
    alone = stack([frame(None)], (8, 10), HERE, allow_uneven=False)
    assert alone.findings == ()


def test_unknown_spacing_is_told() -> None:
    found = stack([frame((0, 0, 0), spacing=None)], (8, 10), HERE, allow_uneven=False)
    assert found.geometry.spacing[1:] == (1.0, 1.0)
    assert found.findings == ("the pixel spacing is unknown; 1 mm was assumed",)
    with pytest.raises(MedOptError, match="images without a spacing"):
        stack([frame((0, 0, 0)), frame((0, 0, 1), spacing=None)], (8, 10), HERE, allow_uneven=False)


def test_several_gaps_are_counted() -> None:
    frames = [frame((0, 0, float(z))) for z in (0, 1, 2, 4, 5, 6, 9, 10, 11)]
    with pytest.raises(
        MedOptError, match=r"found 2 mm between the slices at 2\.00 and 4\.00 mm \(1 missing\) and 1 more"
    ):
        stack(frames, (8, 10), HERE, allow_uneven=False)
    found = stack(frames, (8, 10), HERE, allow_uneven=True)
    assert found.geometry.shape[0] == 12
    assert len(found.findings) == 2
    assert "(2 missing)" in found.findings[1]


def test_skewed_image_axes_are_refused() -> None:
    skewed = (1.0, 0.0, 0.0, 0.1, 0.995, 0.0)
    with pytest.raises(MedOptError, match="sheared"):
        stack([frame((0, 0, 0), orientation=skewed)], (8, 10), HERE, allow_uneven=True)
