from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest

from medopt.image import Geometry, Image, LabelMap
from medopt.project import Case
from medopt.project.case_checks import check_label_voxels, check_voxels, empty_background


def case(geometry: Geometry) -> Case:
    return Case("a", "a", "labelled", geometry, True, None, None, MappingProxyType({}))


def body(shape: tuple[int, int, int] = (4, 20, 20), margin: int = 4) -> Image:
    """Noise above 10 in a box with a margin of zeros in the slices."""
    values = np.zeros(shape, np.float32)
    inner = np.s_[:, margin:-margin, margin:-margin]
    values[inner] = np.random.default_rng(0).uniform(10, 20, values[inner].shape)
    return Image(values[None], Geometry(shape))


def test_the_empty_surround_is_found() -> None:
    image = body()
    np.testing.assert_array_equal(empty_background(image), image.array[0] == 0)


def test_a_hole_in_the_body_is_no_background() -> None:
    image = body()
    image.array[0, 1:3, 9:11, 9:11] = 0
    found = empty_background(image)
    assert not found[1:3, 9:11, 9:11].any()
    assert found[0, 0, 0]


def test_a_cropped_image_has_no_background(make_image) -> None:
    assert not empty_background(make_image(1)).any()


def test_background_must_be_empty_in_every_channel() -> None:
    image = body()
    both = Image(np.concatenate([image.array, body(margin=2).array]), image.geometry)
    np.testing.assert_array_equal(empty_background(both), both.array[1] == 0)


@pytest.mark.parametrize(("shift", "problems"), [(0, []), (6, ["the label lies outside the body"])])
def test_labels_outside_the_body(shift: int, problems: list[str]) -> None:
    image = body()
    label = np.zeros(image.geometry.shape, np.uint8)
    label[1:3, 8 + shift : 14 + shift, 8:12] = 1
    findings = check_label_voxels(case(image.geometry), LabelMap(label, image.geometry), empty_background(image))
    assert [finding.problem for finding in findings] == problems
    if problems:
        assert findings[0].found == "32 of 48 voxels on the empty background"


def test_an_empty_label() -> None:
    image = body()
    label = LabelMap(np.zeros(image.geometry.shape, np.uint8), image.geometry)
    (finding,) = check_label_voxels(case(image.geometry), label, empty_background(image))
    assert (finding.severity, finding.problem) == ("warning", "the label is empty")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_without_a_value(bad: float) -> None:
    image = body()
    image.array[0, 0, 0, :3] = bad
    (finding,) = check_voxels(case(image.geometry), image)
    assert (finding.severity, finding.problem) == ("error", "voxels without a value")
    assert finding.found == "3 voxels that are NaN or infinite"
    assert empty_background(image).any()


def test_a_constant_channel_is_named() -> None:
    image = body()
    both = Image(np.concatenate([image.array, np.full_like(image.array, 7)]), image.geometry)
    (finding,) = check_voxels(case(image.geometry), both)
    assert (finding.problem, finding.found) == ("the image is constant", "7.0 everywhere in channel 2")


def test_another_grid_than_when_imported() -> None:
    image = body()
    (finding,) = check_voxels(case(Geometry(image.geometry.shape, (2.0, 1.0, 1.0))), image)
    assert finding.problem == "the image lies on another grid than when imported"
    assert "2×1×1 mm" in finding.expected
    assert "1×1×1 mm" in finding.found
