from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from assist_cases import ball, dice, noisy

from medopt.errors import MedOptError
from medopt.labelling.assist import Piece, grow_2d, smart_brush

SHAPE = (1, 60, 70)
DISC = ball(SHAPE, (0, 30, 33), 12, (1, 1, 1))
NOTHING = np.zeros(SHAPE, bool)


def piece(image, current=NOTHING, spacing=(1.0, 1.0, 1.0), **given):
    return Piece(image, spacing, current, **given)


def test_the_brush_stops_at_the_edge_and_at_its_radius():
    line = np.array([(0, 30, column) for column in range(33, 43)])
    answer = smart_brush(piece(noisy(DISC, 100, 8)), line, 6.0).applied(NOTHING)
    reached = np.zeros(SHAPE, bool)
    for k, j, i in line:
        reached |= ball(SHAPE, (k, j, i), 6.0, (1, 1, 1))
    assert not (answer & ~reached).any()
    assert dice(answer, reached & DISC) > 0.93
    assert answer[tuple(line.T)].all()


def test_the_brush_is_round_in_mm_and_follows_slow_changes():
    ramp = np.linspace(0, 400, 70, dtype=np.float32)[np.newaxis, np.newaxis, np.newaxis].repeat(60, 2)
    line = np.array([(0, 30, column) for column in range(10, 60)])
    answer = smart_brush(piece(ramp, spacing=(1, 2, 1)), line, 6.0).applied(NOTHING)
    assert np.ptp(np.argwhere(answer)[:, 1]) == 6
    assert answer[0, 28, 15:55].all()


def test_the_brush_takes_away_where_it_may():
    allowed = NOTHING.copy()
    allowed[0, :, 35:] = True
    after = smart_brush(piece(noisy(DISC, 100, 5), DISC, allowed=allowed), [(0, 30, 35)], 5.0, belongs=False)
    gone = DISC & ~after.applied(DISC)
    assert 20 < gone.sum() < 80
    assert not (gone & ~allowed).any()


def test_growth_fills_the_disc_as_confidence_connected_growth_of_itk_does():
    image = noisy(DISC, 100, 12)
    answer = grow_2d(piece(image), [(0, 28, 30)]).applied(NOTHING)
    assert dice(answer, DISC) > 0.95
    itk = sitk.ConfidenceConnected(
        sitk.CurvatureFlow(sitk.GetImageFromArray(image[0, 0]), 0.125, 5),
        [(30, 28)], numberOfIterations=4, multiplier=2.5, initialNeighborhoodRadius=2,
    )  # fmt: skip
    assert dice(answer, DISC) >= dice(sitk.GetArrayFromImage(itk)[np.newaxis] > 0, DISC) - 0.02


def test_growth_stays_in_what_is_allowed_and_off_what_is_apart():
    two = DISC | ball(SHAPE, (0, 30, 60), 6, (1, 1, 1))
    allowed = NOTHING.copy()
    allowed[0, :30] = True
    answer = grow_2d(piece(noisy(two, 100, 10), allowed=allowed), [(0, 30, 33)]).applied(NOTHING)
    assert dice(answer, DISC & allowed) > 0.95
    assert not answer[0, :, 50:].any()
    away = grow_2d(piece(noisy(two, 100, 10), two), [(0, 30, 33)], belongs=False).applied(two)
    assert dice(away, two & ~DISC) > 0.8


def test_a_flat_image_grows_everywhere_and_bad_input_is_told():
    flat = piece(np.zeros((1, *SHAPE), np.float32))
    assert grow_2d(flat, [(0, 0, 0)]).applied(NOTHING).all()
    with pytest.raises(MedOptError, match="nothing was drawn"):
        grow_2d(flat, [])
    with pytest.raises(MedOptError, match="leave the image"):
        smart_brush(flat, [(0, 60, 0)], 3)
    with pytest.raises(MedOptError, match="wrong radius of the brush"):
        smart_brush(flat, [(0, 6, 0)], 0)
