"""How far a stroke reaches: the size of what was clicked, along a border that is a guess, not through narrow necks."""

from __future__ import annotations

import numpy as np
import pytest
from assist_cases import ball, dice, noisy
from scipy import ndimage

from medopt.labelling.assist import Assistant, Strokes
from medopt.labelling.assist.features import Features
from medopt.labelling.assist.reach import STRETCH, distance_to, reach_of, size_at
from medopt.labelling.assist.tidy import firmly_connected_to
from medopt.labelling.assist.tissue import ranges_of, spreads_of

SPACING = (1.0, 1.0, 1.0)
CENTER = (0, 48, 50)


def features(image, spacing=SPACING):
    return Features(image, None, spacing, (1, 1, 1), ranges_of(image), spreads_of(image), 1.0)


def disc(radius, shape=(1, 96, 100), center=CENTER):
    return ball(shape, center, radius, SPACING)


def clicked(image, *clicks, start=None, spacing=SPACING):
    """The mask after clicks (adds, voxel), one after another."""
    assistant = Assistant(image, spacing)
    mask = np.zeros(image.shape[1:], bool) if start is None else start
    drawn = {True: [], False: []}
    for adds, voxel in clicks:
        drawn[adds].append(voxel)
        strokes = Strokes(np.array(drawn[True], int), np.array(drawn[False], int))
        mask = assistant.refine(mask, strokes).applied(mask)
    return mask


@pytest.mark.parametrize("radius", [6, 10, 16, 24])
@pytest.mark.parametrize("contrast", [90, -90])
def test_the_size_is_that_of_the_structure_whatever_its_contrast(radius, contrast):
    image = noisy(disc(radius), contrast, 15, seed=radius)
    distance = distance_to(np.array([CENTER]), image.shape[1:], SPACING)
    assert size_at(features(image), distance) == pytest.approx(radius, rel=0.35, abs=1.5)


def test_the_size_is_in_mm():
    mask = ball((15, 60, 60), (7, 30, 30), 18, (3.0, 1.5, 1.5))
    image = noisy(mask, 100, 10)
    distance = distance_to(np.array([(7, 30, 30)]), mask.shape, (3.0, 1.5, 1.5))
    assert size_at(features(image, (3.0, 1.5, 1.5)), distance) == pytest.approx(18, rel=0.35)


def test_where_nothing_rises_all_of_the_region_is_one_structure():
    image = np.full((1, 1, 20, 20), 7, np.float32)
    distance = distance_to(np.array([(0, 10, 10)]), (1, 20, 20), SPACING)
    assert size_at(features(image), distance) >= distance.max()


@pytest.mark.parametrize("seed", range(6))
def test_within_a_large_structure_noise_is_no_border(seed):
    image = noisy(np.ones((33, 33, 33), bool), 100, 20, seed)
    seen = Features(image, None, SPACING, (1, 1, 1), ranges_of(image), [36.0], 1.0)
    distance = distance_to(np.array([(16, 16, 16)]), (33, 33, 33), SPACING)
    assert size_at(seen, distance) >= 14


@pytest.mark.parametrize("radius", [8, 14, 22, 30])
def test_one_click_finds_small_and_large_structures_in_a_busy_picture(radius):
    """A first region may lie wholly within a large structure: its own contrast is then no measure."""
    image = noisy(disc(radius), 60, 8, seed=radius)
    image[0, 0, :6] += 200
    image[0, 0, :, :6] -= 100
    assert dice(clicked(image, (True, CENTER)), disc(radius)) > 0.93


def layered():
    """A bright core in a rim of another intensity, in surroundings that are like neither."""
    core, whole = disc(12), disc(17)
    image = noisy(core, 100, 6) + 45 * (whole & ~core)[np.newaxis]
    return image.astype(np.float32), core, whole


def test_a_click_in_the_rim_of_what_was_begun_by_a_click_brings_the_rim():
    image, _, whole = layered()
    begun = clicked(image, (True, CENTER))
    assert dice(begun, whole) < 0.75
    rim = clicked(image, (True, CENTER), (True, (0, 48, 50 + 14)))
    opposite = whole & ~begun & (np.arange(100) < 50)
    assert (rim & opposite).sum() > 0.5 * opposite.sum()
    assert dice(rim, whole) > 0.85


def test_a_click_beside_what_was_drawn_by_hand_changes_nothing_on_the_other_side():
    image, core, _ = layered()
    answer = clicked(image, (True, (0, 48, 50 + 14)), start=core)
    changed = answer != core
    assert changed[0, 48, 64]
    assert not (changed & (np.arange(100) < 50)).any()


def reach(adds, seeds, earlier, mask, radius=3.0, *, guess=True):
    here, seeds, earlier = mask if adds else ~mask, np.array(seeds), np.array(earlier)
    signed = np.where(here, ndimage.distance_transform_edt(here), -ndimage.distance_transform_edt(~here))
    distance = distance_to(seeds, mask.shape, SPACING)
    return reach_of(radius, 1.5, distance, signed.astype(np.float32), seeds, earlier, adds, SPACING, guess=guess)


def test_strokes_share_the_border_among_them():
    mask, east, west = disc(20), (0, 48, 73), (0, 48, 27)
    alone = reach(True, [east], [CENTER], mask)
    shared = reach(True, [east], [CENTER, west], mask)
    assert alone.loose[west] > 0.9
    assert shared.loose[west] < 0.1
    assert shared.loose[east] == pytest.approx(1)
    assert (shared.loose <= alone.loose + 1e-6).all()
    for one in (alone, shared):
        assert (one.near <= one.loose + 1e-6).all()
        assert one.near.min() >= 0
        assert one.loose.max() <= 1


def test_a_stroke_that_takes_away_leaves_the_middle_alone():
    found = reach(False, [(0, 48, 67)], [CENTER], disc(20))
    assert found.loose[0, 48, 33] > 0.5, "as deep, on the other side"
    assert found.loose[CENTER] < 0.1


@pytest.mark.parametrize("earlier", [np.zeros((0, 3), int), [(0, 48, 66)]])
def test_without_a_beginning_a_stroke_is_local(earlier):
    found = reach(True, [(0, 48, 73)], earlier, disc(20))
    wanted = np.exp(-0.5 * (distance_to(np.array([(0, 48, 73)]), (1, 96, 100), SPACING) / 4.5) ** 2)
    np.testing.assert_allclose(found.near, wanted, atol=1e-6)
    assert found.near is found.loose


def test_on_what_a_model_made_a_stroke_is_local_and_longer_along_the_border():
    found = reach(True, [(0, 48, 73)], [CENTER], disc(20), guess=False)  # 3 voxels beyond the border
    assert found.near is found.loose
    assert found.near[0, 48, 78] == pytest.approx(np.exp(-0.5 * (5 / 4.5) ** 2), abs=0.02)
    beside = (0, 56, 71)  # as far beyond it, 8.2 voxels away
    assert found.near[beside] == pytest.approx(np.exp(-0.5 * (8.25 / STRETCH / 4.5) ** 2), abs=0.03)
    assert found.near[0, 48, 27] < 1e-4, "on the other side"


def two_balls(neck):
    near, far = disc(14, center=(0, 48, 30)), disc(14, center=(0, 48, 70))
    bridge = np.zeros_like(near)
    bridge[0, 48 - neck // 2 : 48 + (neck + 1) // 2, 30:70] = True
    return near, far, bridge


@pytest.mark.parametrize(("neck", "joined"), [(3, False), (18, True)])
def test_a_narrow_neck_parts_and_a_broad_one_joins(neck, joined):
    near, far, bridge = two_balls(neck)
    found = firmly_connected_to(near | far | bridge, np.array([(0, 48, 30)]), SPACING, 8.0)
    assert (near & found).sum() == near.sum()
    assert (far & found & ~near).any() == joined
    assert not (found & ~(near | far | bridge)).any()


def test_a_seed_in_a_narrow_part_keeps_that_part():
    line = np.zeros((1, 20, 60), bool)
    line[0, 9:11] = True
    np.testing.assert_array_equal(firmly_connected_to(line, np.array([(0, 9, 30)]), SPACING, 12.0), line)
    apart = line.copy()
    apart[0, :, 40] = False
    assert not firmly_connected_to(apart, np.array([(0, 9, 30)]), SPACING, 12.0)[0, :, 41:].any()


def test_a_first_click_does_not_leak_through_a_neck():
    near, far, bridge = two_balls(2)
    found = clicked(noisy(near | far | bridge, 100, 10), (True, (0, 48, 30)))
    assert dice(found, near) > 0.93
    assert not (found & far & ~bridge).any()
