"""Drawing numbers."""

import numpy as np
import pytest

from medopt.augment.contrast import Contrast
from medopt.augment.technique import Frame, log_uniform, symmetric, uniform


def test_numbers_stay_in_their_range_and_fill_it(rng: np.random.Generator) -> None:
    values = np.array([uniform(rng, (2, 5)) for _ in range(2000)])
    assert 2 <= values.min() < 2.05
    assert 4.95 < values.max() <= 5
    factors = np.array([log_uniform(rng, (0.5, 2)) for _ in range(4000)])
    assert factors.min() >= 0.5
    assert factors.max() <= 2
    assert abs(np.log(factors).mean()) < 0.03
    moves = np.array([symmetric(rng, (3, 0)) for _ in range(2000)])
    assert np.abs(moves[:, 0]).max() <= 3
    assert abs(moves[:, 0].mean()) < 0.15
    assert not moves[:, 1].any()


@pytest.mark.parametrize(("probability", "share"), [(0, 0), (1, 1), (0.25, 0.25)])
def test_probability_is_the_share_of_patches(frame: Frame, probability: float, share: float) -> None:
    technique = Contrast(probability=probability)
    hits = [technique.draw(np.random.default_rng(n), frame) is not None for n in range(2000)]
    assert np.mean(hits) == pytest.approx(share, abs=0 if share in (0, 1) else 0.03)


def test_a_frame_knows_its_extent_and_whether_it_is_one_slice() -> None:
    assert Frame((3, 5, 1), (2.0, 1.0, 0.5)).extent == (4.0, 4.0, 0.0)
    assert Frame((1, 5, 5), (1.0, 1.0, 1.0)).in_plane
