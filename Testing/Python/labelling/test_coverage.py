"""Greedy coverage, compared with brute force; seats; the same image twice."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from medopt.labelling import coverage
from medopt.labelling.coverage import cover, distances, mean_distance, near_duplicates, seats_of


@pytest.fixture
def points(rng):
    return rng.normal(0, 1, (14, 3)).astype(np.float32)


def rows(picks):
    return [pick.row for pick in picks]


def test_distances_are_scipys(rng):
    a, b = rng.normal(0, 3, (9, 5)), rng.normal(0, 3, (4, 5))
    np.testing.assert_allclose(distances(a, b), cdist(a, b), rtol=1e-5)
    assert distances(a, a).diagonal().max() < 1e-5


def test_each_step_of_facility_location_is_the_best_one(points):
    chosen: list[int] = []
    for pick in cover(points, 5):
        costs = {row: mean_distance(points, [*chosen, row]) for row in range(len(points)) if row not in chosen}
        assert costs[pick.row] == pytest.approx(min(costs.values()), abs=1e-6)
        chosen.append(pick.row)


def test_facility_location_is_near_the_best_of_all_choices(points):
    best = min(mean_distance(points, c) for c in combinations(range(len(points)), 4))
    alone = min(mean_distance(points, [row]) for row in range(len(points)))
    found = mean_distance(points, rows(cover(points, 4)))
    assert best <= found + 1e-6
    assert alone - found >= (1 - 1 / np.e) * (alone - best)


def test_k_center_takes_the_farthest_and_is_within_twice_the_best_radius(points):
    picks = cover(points, 4, method="k-center")
    apart = cdist(points, points)
    chosen = [picks[0].row]
    for pick in picks[1:]:
        nearest = apart[:, chosen].min(axis=1)
        assert nearest[pick.row] == pytest.approx(nearest.max(), rel=1e-5)
        assert pick.distance == pytest.approx(nearest[pick.row], rel=1e-5)
        assert apart[pick.row, pick.nearest] == pytest.approx(pick.distance, rel=1e-5)
        chosen.append(pick.row)
    radius = min(apart[:, list(c)].min(axis=1).max() for c in combinations(range(len(points)), 4))
    assert apart[:, chosen].min(axis=1).max() <= 2 * radius


@pytest.mark.parametrize("method", ["facility-location", "k-center"])
def test_what_is_given_is_covered_and_what_is_not_allowed_is_left(points, method):
    allowed = [row % 2 == 0 for row in range(len(points))]
    picks = cover(points, 20, method=method, allowed=allowed, given=[0, 3])
    assert sorted(rows(picks)) == [2, 4, 6, 8, 10, 12]
    assert all(pick.nearest is not None for pick in picks)
    assert cover(points, 3, method=method, allowed=[False] * 14) == []
    assert cover(points[:0], 3, method=method) == []


def test_strata_get_their_seats(points):
    strata = ["a"] * 10 + ["b"] * 3 + ["c"]
    picks = cover(points, 5, strata=strata)
    assert Counter(strata[row] for row in rows(picks)) == {"a": 3, "b": 1, "c": 1}


@given(st.lists(st.sampled_from("abcde"), max_size=40), st.integers(0, 45))
def test_seats_are_in_proportion(strata, count):
    sizes, seats = Counter(strata), seats_of(strata, count)
    assert sum(seats.values()) == min(count, len(strata))
    assert all(0 <= seats[group] <= sizes[group] for group in sizes)
    if count >= len(sizes):
        assert all(seats[group] >= 1 for group in sizes)
    for group, size in sizes.items():
        assert seats[group] <= max(1, np.ceil(min(count, len(strata)) * size / len(strata)))


def test_a_large_cohort_is_drawn_and_small_strata_stay(points, monkeypatch, rng):
    many = rng.normal(0, 1, (300, 3)).astype(np.float32)
    strata = ["rare"] * 3 + ["usual"] * 297
    whole = mean_distance(many, rows(cover(many, 10)))
    monkeypatch.setattr(coverage, "COVERED", 60)
    picks = cover(many, 10, strata=strata, seed=2)
    assert picks == cover(many, 10, strata=strata, seed=2)
    assert sum(row < 3 for row in rows(picks)) == 1
    assert mean_distance(many, rows(picks)) < 1.15 * whole


def test_the_same_image_twice(rng):
    pictures = rng.random((6, 50)).astype(np.float32)
    pictures[3] = pictures[1] + 0.004
    pictures[4] = pictures[1] + 0.008
    found = near_duplicates(pictures, ["a", "b", "c", "d", "e", "a"], 0.01)
    assert found == {3: 1, 4: 1, 5: 0}
    chain = np.array([[0.0], [0.006], [0.012]])
    assert near_duplicates(chain, ["", "", ""], 0.01) == {1: 0}  # the third is another image than the first
    assert near_duplicates(pictures[:0], [], 0.01) == {}


def test_nothing_chosen_is_infinitely_far(points):
    assert mean_distance(points, []) == float("inf")
