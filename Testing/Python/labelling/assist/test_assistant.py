from __future__ import annotations

import numpy as np
import pytest
from assist_cases import ball, dice, noisy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.labelling.assist import Assistant, Box3, Patch, Strokes

SHAPE, CENTER = (32, 36, 40), (15, 17, 20)
NOTHING = np.zeros(SHAPE, bool)
BALL = ball(SHAPE, CENTER, 9, (1, 1, 1))


def refined(assistant: Assistant, current, positive=(), negative=(), **given):
    strokes = Strokes(np.array(positive, int), np.array(negative, int))
    return assistant.refine(current, strokes, **given).applied(current)


@pytest.mark.parametrize("contrast", [100, -100])
def test_one_click_finds_a_noisy_ball(contrast):
    assistant = Assistant(noisy(BALL, contrast, 20), (1, 1, 1))
    assert dice(refined(assistant, NOTHING, [CENTER]), BALL) > 0.9


def test_one_click_finds_an_ellipse_in_a_slice():
    disc = ball((1, 60, 70), (0, 30, 33), 12, (1, 1, 0.8))
    assistant = Assistant(noisy(disc, 80, 16), (1, 1, 0.8))
    assert dice(refined(assistant, np.zeros_like(disc), [(0, 30, 33)]), disc) > 0.93


def test_thick_slices_count_as_far_as_they_are():
    """The same ball in mm on a grid five times coarser along k: the answer is a ball in mm again."""
    spacing = (3.0, 1.0, 1.0)
    mask = ball((14, 40, 40), (7, 20, 20), 10, spacing)
    answer = refined(Assistant(noisy(mask, 100, 20), spacing), np.zeros_like(mask), [(7, 20, 20)])
    assert dice(answer, mask) > 0.9
    spans = np.ptp(np.argwhere(answer), axis=0) * spacing
    np.testing.assert_allclose(spans, 19, atol=4)


def test_a_click_in_a_missing_half_brings_it_and_one_in_an_excess_takes_it_away():
    image = noisy(BALL, 100, 20)
    half = BALL & (np.arange(40) < 20)
    more = refined(Assistant(image, (1, 1, 1)), half, [(15, 17, 25)])
    assert dice(more, BALL) > 0.93 > dice(half, BALL)
    assert (more & half).sum() == half.sum()
    other = ball(SHAPE, (15, 17, 33), 5, (1, 1, 1)) & ~BALL
    less = refined(Assistant(image, (1, 1, 1)), BALL | other, (), [(15, 17, 34)])
    assert dice(less, BALL) > 0.95 > dice(BALL | other, BALL)
    assert not (less & ~BALL & ~other).any()


def test_a_model_counts_where_intensities_tell_nothing():
    image = np.zeros((1, *SHAPE), np.float32)
    probability = np.where(BALL, 0.9, 0.1).astype(np.float32)
    answer = refined(Assistant(image, (1, 1, 1), probability), NOTHING, [CENTER])
    assert dice(answer, BALL) > 0.95
    alone = refined(Assistant(image, (1, 1, 1)), NOTHING, [CENTER])
    assert dice(alone, BALL) < dice(answer, BALL)


def test_a_correction_gets_through_where_the_model_is_sure_and_wrong():
    image = noisy(BALL, 100, 20)
    half = BALL & (np.arange(40) < 20)
    other = ball(SHAPE, (15, 17, 33), 5, (1, 1, 1)) & ~BALL
    for wrong, strokes in ((half, ([(15, 17, 25)], ())), (BALL | other, ((), [(15, 17, 34)]))):
        probability = np.where(wrong, 0.98, 0.02).astype(np.float32)
        answer = refined(Assistant(image, (1, 1, 1), probability), wrong, *strokes)
        assert dice(answer, BALL) > 0.93 > dice(wrong, BALL)


def test_a_contrast_of_any_scale_and_offset_gives_the_same_answer():
    image = noisy(BALL, 100, 20)
    answer = refined(Assistant(image, (1, 1, 1)), NOTHING, [CENTER])
    other = refined(Assistant(image * 0.01 + 3, (1, 1, 1)), NOTHING, [CENTER])
    assert dice(answer, other) > 0.99
    shrunk = refined(Assistant(image, (0.1, 0.1, 0.1)), NOTHING, [CENTER])
    assert dice(answer, shrunk) > 0.99


VOXEL = st.tuples(*(st.integers(0, n - 1) for n in (12, 14, 16)))


@settings(max_examples=60, deadline=None)
@given(
    positive=st.lists(VOXEL, max_size=12),
    negative=st.lists(VOXEL, max_size=12),
    seed=st.integers(0, 1000),
    limits=st.booleans(),
    corner=st.none() | VOXEL,
)
def test_strokes_are_obeyed_and_nothing_else_changes(positive, negative, seed, limits, corner):
    shape = (12, 14, 16)
    random = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(random.standard_normal(shape), 2) > 0.02
    image = noisy(mask, 2, 1, seed)
    negative = [voxel for voxel in negative if voxel not in positive]
    allowed = random.random(shape) < 0.8 if limits else None
    region = None if corner is None else Box3.around(np.array([corner]), shape, (3, 4, 5))
    assistant, strokes = Assistant(image, (2, 1, 1)), Strokes(np.array(positive, int), np.array(negative, int))
    current = ndimage.binary_dilation(mask, iterations=int(seed % 3))
    before = current.copy()
    patch = assistant.refine(current, strokes, region=region, allowed=allowed)
    np.testing.assert_array_equal(current, before)
    after = patch.applied(current)
    free = np.ones(shape, bool) if allowed is None else allowed.copy()
    if region is not None:
        outside = np.ones(shape, bool)
        outside[region.slices] = False
        free &= ~outside
    np.testing.assert_array_equal(after[~free], current[~free])
    for voxels, value in ((positive, True), (negative, False)):
        for voxel in voxels:
            assert not free[voxel] or after[voxel] == value
    smallest = Patch.between(current, after)
    assert (patch.corner, patch.values.shape) == (smallest.corner, smallest.values.shape)
    again = assistant.refine(after, strokes, region=region, allowed=allowed)
    assert again.values.size == 0


def test_a_click_adds_one_piece_without_holes_that_hangs_on_it():
    image = noisy(BALL | ball(SHAPE, (26, 30, 5), 4, (1, 1, 1)), 100, 45)
    answer = refined(Assistant(image, (1, 1, 1)), NOTHING, [CENTER])
    assert ndimage.label(answer)[1] == 1
    assert (ndimage.binary_fill_holes(answer) == answer).all()
    assert not answer[26, 30, 5]


def test_far_parts_stay_as_they_are():
    """The same structure twice: a click on the one says nothing about the other."""
    two = BALL | ball(SHAPE, (15, 17, 35), 3, (1, 1, 1))
    shape = (32, 36, 160)
    wide = np.concatenate([two, np.zeros((32, 36, 80), bool), two], axis=2)
    image = noisy(wide, 100, 20)
    current = wide.copy()
    current[:, :, :20] = False
    current[:, :, -25:] = False
    answer = refined(Assistant(image, (1, 1, 1)), current, [(15, 17, 15)])
    assert answer.shape == shape
    np.testing.assert_array_equal(answer[:, :, 45:], current[:, :, 45:])
    assert dice(answer[:, :, :40], two) > 0.93


def test_a_large_region_is_answered_on_a_coarse_grid_and_finely():
    shape = (96, 100, 104)
    mask = ball(shape, (50, 48, 52), 33, (1, 1, 1))
    assistant = Assistant(noisy(mask, 100, 25), (1, 1, 1))
    answer = refined(assistant, np.zeros(shape, bool), [(50, 48, 52)], region=Box3.whole(shape))
    assert dice(answer, mask) > 0.95
    assert answer[50, 48, 52]


def test_an_answer_grows_beyond_the_first_region():
    shape = (20, 24, 150)
    mask = np.zeros(shape, bool)
    mask[5:15, 6:18, 10:140] = True
    current = mask.copy()
    current[:, :, 40:110] = False
    answer = refined(Assistant(noisy(mask, 100, 15), (1, 1, 1)), current, [(10, 12, 75)])
    assert dice(answer, mask) > dice(current, mask) + 0.1


def test_flat_images_and_full_masks_have_an_answer():
    flat = Assistant(np.full((2, *SHAPE), 7, np.float32), (1, 1, 1))
    assert refined(flat, NOTHING, [CENTER])[CENTER]
    assert not refined(flat, ~NOTHING, (), [CENTER])[CENTER]
    assert flat.refine(NOTHING, Strokes()).values.shape == (0, 0, 0)
    one = Assistant(np.ones((1, 1, 1, 1), np.float32), (1, 1, 1))
    assert refined(one, np.zeros((1, 1, 1), bool), [(0, 0, 0)]).all()


def test_bad_input_is_told():
    image = noisy(BALL, 100, 20)
    with pytest.raises(MedOptError, match=r"no image to work on.*channel, k, j, i.*\(32, 36, 40\)"):
        Assistant(image[0], (1, 1, 1))
    with pytest.raises(MedOptError, match="wrong spacing"):
        Assistant(image, (1, 0, 1))
    with pytest.raises(MedOptError, match="the probabilities and the image"):
        Assistant(image, (1, 1, 1), np.zeros((2, 2, 2), np.float32))
    with pytest.raises(MedOptError, match="not finite"):
        Assistant(np.full((1, *SHAPE), np.nan, np.float32), (1, 1, 1))
    assistant = Assistant(image, (1, 1, 1))
    with pytest.raises(MedOptError, match="the mask and the image lie on different grids"):
        assistant.refine(NOTHING[1:], Strokes())
    with pytest.raises(MedOptError, match="what may change"):
        assistant.refine(NOTHING, Strokes(), allowed=NOTHING[1:])
    with pytest.raises(MedOptError, match="the positive strokes leave the image"):
        assistant.refine(NOTHING, Strokes(np.array([(32, 0, 0)])))
    with pytest.raises(MedOptError, match="the region leaves the image"):
        assistant.refine(NOTHING, Strokes(), region=Box3((0, 0, 0), (99, 1, 1)))
