"""Probabilities in bytes against the way back of whole arrays."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.labelling.byte_probabilities import byte_probabilities
from medopt.preprocess.restore import restore_values


def scores_on(grid: Geometry, outputs: int = 3) -> np.ndarray:
    values = np.random.default_rng(3).random((outputs, *grid.shape)).astype(np.float32)
    return values / values.sum(axis=0)


def test_each_class_is_what_the_way_back_gives_in_a_byte(oblique: Geometry) -> None:
    coarse = Geometry((4, 5, 6), (3.75, 1.28, 1.17), oblique.origin, oblique.direction)
    scores = scores_on(coarse)
    found = byte_probabilities(scores, coarse, oblique, [2, 1])
    expected = restore_values(scores, coarse, oblique)
    assert (found.dtype, found.shape) == (np.uint8, (2, *oblique.shape))
    np.testing.assert_array_equal(found, np.rint(255 * expected[[2, 1]]))


def test_on_its_own_grid_it_is_exact_to_half_a_step(oblique: Geometry) -> None:
    scores = scores_on(oblique)
    found = byte_probabilities(scores, oblique, oblique, [0, 1, 2]) / 255
    assert np.abs(found - scores).max() <= 0.5 / 255 + 1e-6


def test_a_class_that_the_model_does_not_know_is_nowhere(oblique: Geometry) -> None:
    found = byte_probabilities(scores_on(oblique), oblique, oblique, [1, None])
    assert found[0].any()
    assert not found[1].any()


def test_scores_of_another_grid_are_refused(oblique: Geometry) -> None:
    with pytest.raises(MedOptError, match="does not fit the prepared grid"):
        byte_probabilities(np.zeros((2, 3, 3, 3), np.float32), oblique, oblique, [1])


def test_it_holds_little_more_than_its_result_and_one_volume() -> None:
    grid, fine = Geometry((40, 64, 64), (2.0, 2.0, 2.0)), Geometry((80, 128, 128), (1.0, 1.0, 1.0))
    scores = scores_on(grid, 13)
    tracemalloc.start()
    found = byte_probabilities(scores, grid, fine, list(range(1, 13)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    volume = found[0].size
    assert peak < found.nbytes + 4 * 4 * volume, peak / volume  # all classes in float32 would take 12 * 4
