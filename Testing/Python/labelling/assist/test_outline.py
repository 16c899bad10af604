from __future__ import annotations

import numpy as np
import pytest
from assist_cases import ball, dice, noisy

from medopt.errors import MedOptError
from medopt.labelling.assist import Piece, box, lasso
from medopt.labelling.assist.outline import _within

SHAPE = (1, 60, 70)
DISC = ball(SHAPE, (0, 30, 33), 12, (1, 1, 1))
NOTHING = np.zeros(SHAPE, bool)
FRAME = [(0, 15, 18), (0, 15, 49), (0, 46, 49), (0, 46, 18)]


def piece(image, current=NOTHING, **given):
    return Piece(image, (1.0, 1.0, 1.0), current, **given)


@pytest.mark.parametrize("contrast", [80, -80])
def test_a_box_finds_the_disc_in_it_and_a_lasso_too(contrast):
    image = noisy(DISC, contrast, 16)
    assert dice(box(piece(image), FRAME).applied(NOTHING), DISC) > 0.95
    assert dice(lasso(piece(image), FRAME, 0).applied(NOTHING), DISC) > 0.95


def test_a_box_in_a_volume_finds_the_ball():
    shape = (32, 36, 40)
    mask = ball(shape, (15, 17, 20), 9, (1, 1, 1))
    whole = Piece(noisy(mask, 100, 20), (1.0, 1.0, 1.0), np.zeros(shape, bool))
    assert dice(box(whole, [(4, 6, 8), (27, 29, 32)]).applied(whole.current), mask) > 0.95


def test_without_contrast_a_lasso_takes_most_of_what_it_surrounds():
    flat = np.zeros((1, *SHAPE), np.float32)
    inside = np.zeros(SHAPE, bool)
    inside[0, 15:47, 18:50] = True
    assert dice(lasso(piece(flat), FRAME, 0).applied(NOTHING), inside) > 0.85
    assert box(piece(flat), FRAME).values.any()


def test_a_model_counts_and_what_is_outside_stays():
    flat = np.zeros((1, *SHAPE), np.float32)
    probability = np.where(DISC, 0.95, 0.05).astype(np.float32)
    other = NOTHING.copy()
    other[0, :5] = True
    answer = box(piece(flat, other, probability=probability), FRAME).applied(other)
    assert dice(answer & ~other, DISC) > 0.95
    np.testing.assert_array_equal(answer[0, :15], other[0, :15])


def test_it_is_taken_away_and_only_where_allowed():
    image = noisy(DISC, 80, 10)
    allowed = NOTHING.copy()
    allowed[0, :30] = True
    left = lasso(piece(image, DISC | ~DISC, allowed=allowed), FRAME, 0, belongs=False).applied(~NOTHING)
    assert left[0, 30:].all()
    assert dice(~left, DISC & allowed) > 0.9


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_any_axis_may_be_looked_along(axis):
    image, mask = np.moveaxis(noisy(DISC, 80, 16), 1, axis + 1), np.moveaxis(DISC, 0, axis)
    points = np.array([np.insert(np.array(corner)[1:], axis, 0) for corner in FRAME], float)
    current = np.zeros(mask.shape, bool)
    assert dice(lasso(piece(image, current), points, axis).applied(current), mask) > 0.95


def test_the_voxels_within_a_line_are_those_of_matplotlib():
    path = pytest.importorskip("matplotlib.path")
    random = np.random.default_rng(4)
    for _ in range(20):
        corners = random.uniform(-3, 25, (9, 2))
        pixels = np.argwhere(np.ones((20, 24), bool))
        # matplotlib winds, the even-odd rule does not: they agree where a corner list winds once
        inside = _within(corners[:3], [20, 24])
        np.testing.assert_array_equal(
            inside[tuple(pixels.T)], path.Path(corners[:3]).contains_points(pixels.astype(float))
        )


def test_bad_input_is_told():
    flat = np.zeros((1, *SHAPE), np.float32)
    with pytest.raises(MedOptError, match="no voxel lies within the line"):
        lasso(piece(flat), [(0, 3, 3), (0, 3, 4)], 0)
    with pytest.raises(MedOptError, match="the box holds no voxel"):
        box(piece(flat), [(0, -9, -9), (0, -2, -2)])
    with pytest.raises(MedOptError, match="image and segment lie on different grids"):
        piece(flat, NOTHING[:, 1:])
