"""Samples are bounded, and what they say is what the voxels say."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import Boxes, ClassLabel, Geometry, Image, LabelMap
from medopt.project import Case
from medopt.training.advice import samples as module
from medopt.training.advice.samples import Samples, choose_cases, sample_case


def case(name: str, shape: tuple[int, int, int]) -> Case:
    return Case(name, name, "labelled", Geometry(shape), True, None, None, {})


def test_cases_are_chosen_evenly_and_bounded() -> None:
    cases = [case(f"c{n:03d}", (10, 10, 10)) for n in range(100)]
    names = [one.id for one in choose_cases(cases, 1)]
    assert len(names) == module.MOST_CASES == 12
    assert (names[0], names[-1]) == ("c000", "c099")
    gaps = np.diff([int(name[1:]) for name in names])
    assert (gaps.min(), gaps.max()) == (9, 9)
    assert [one.id for one in choose_cases(cases[:3], 1)] == ["c000", "c001", "c002"]


def test_large_cases_are_fewer_but_at_least_two() -> None:
    side = 512
    cases = [case(f"c{n}", (512, side, side)) for n in range(30)]  # 2^27 voxels each
    assert len(choose_cases(cases, 1)) == 2
    assert len(choose_cases([case(f"c{n}", (256, side, side)) for n in range(30)], 1)) == 4
    assert len(choose_cases([case(f"c{n}", (256, side, side)) for n in range(30)], 4)) == 2


def test_counts_of_classes_are_exact_and_values_come_from_everywhere(rng: np.random.Generator) -> None:
    grid = Geometry((40, 50, 60))
    label = np.zeros(grid.shape, np.uint8)
    label[5:9, 10:20, 10:20], label[20:22, 1:3, 4:9], label[0, 0] = 1, 4, 7
    values = rng.normal(0, 1, (2, *grid.shape)).astype(np.float32)
    values[:, label == 1] += 50
    seen = sample_case("one", Image(values, grid), LabelMap(label, grid), ignored=7)
    assert seen.voxels == {1: 400, 4: 20}
    assert seen.total == 120_000
    assert Samples((seen,), {}).shares() == {1: 400 / 120_000, 4: 20 / 120_000}
    first = seen.channels[0]
    assert first.values.size <= module.KEPT
    assert first.structures.size == 420  # those nobody annotated are no structure
    assert np.mean(first.structures) == pytest.approx(values[0][(label == 1) | (label == 4)].mean(), abs=1e-4)
    assert np.mean(first.values) == pytest.approx(values[0].mean(), abs=0.2)
    assert (first.whole, first.finite, first.constant, seen.grey) == (False, True, False, False)


def test_boxes_tell_their_sides_and_what_lies_in_them() -> None:
    grid = Geometry((1, 20, 30), (1.0, 0.5, 2.0))
    values = np.zeros((1, 1, 20, 30), np.uint8)
    values[0, 0, 4:8, 10:13] = 200
    boxes = Boxes.from_index([[[-0.5, 3.5, 9.5], [0.5, 7.5, 12.5]]], [1], grid)
    seen = sample_case("one", Image(values, grid), boxes)
    np.testing.assert_allclose(seen.boxes, [[1.0, 2.0, 6.0]])
    assert seen.channels[0].structures.tolist() == [200.0] * 12
    assert seen.channels[0].byte
    assert seen.voxels == {}


def test_broken_and_empty_images_are_seen_as_such() -> None:
    grid = Geometry((2, 4, 4))
    values = np.ones((1, 2, 4, 4), np.float32)
    flat = sample_case("flat", Image(values, grid), ClassLabel((1,)))
    assert (flat.channels[0].constant, flat.channels[0].structures.size) == (True, 0)
    broken = values.copy()
    broken[0, 0, 0, 0] = np.nan
    seen = sample_case("broken", Image(broken, grid), ClassLabel((1,)))
    assert not seen.channels[0].finite
    assert np.isfinite(seen.channels[0].values).all()
    grey = np.repeat(np.arange(16, dtype=np.uint8).reshape(1, 1, 4, 4), 3, axis=0)
    assert sample_case("grey", Image(grey, Geometry((1, 4, 4))), ClassLabel((1,))).grey
