"""Names at line ends keep apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.report.figures.labels import place_names, spread


@given(st.lists(st.floats(0, 1), max_size=10))
def test_places_keep_their_order_and_distance(places: list[float]) -> None:
    found = spread(places, 0.07)
    order = np.argsort(places, kind="stable")
    assert all(np.diff(np.array(found)[order]) >= 0.07 - 1e-9)
    assert sum(found) == pytest.approx(sum(places))


def test_places_that_are_apart_stay() -> None:
    assert spread([0.1, 0.9, 0.5], 0.07) == pytest.approx([0.1, 0.9, 0.5])


def boxes(places: list[tuple[float, float]], sizes: list[tuple[float, float]]) -> list[tuple[float, ...]]:
    return [(x, y, x + w, y + h) for (x, y), (w, h) in zip(places, sizes, strict=True)]


def touch(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return min(one[2], other[2]) - max(one[0], other[0]) > 1e-6 and min(one[3], other[3]) - max(one[1], other[1]) > 1e-6


def test_names_of_a_crowd_stand_apart_from_each_other_and_from_points() -> None:
    rng = np.random.default_rng(4)
    anchors = [(float(x), float(y)) for x, y in rng.uniform((150, 120), (300, 200), (12, 2))]
    radii, sizes = [4.0] * 12, [(70.0, 9.6)] * 12
    placed = place_names(anchors, radii, sizes, (0.0, 0.0, 600.0, 350.0))
    named = boxes(placed, sizes)
    points = [(x - 4, y - 4, x + 4, y + 4) for x, y in anchors]
    assert not any(touch(a, b) for n, a in enumerate(named) for b in (*named[:n], *points))
    assert all(min(a) >= 0 and a[2] <= 600 and a[3] <= 350 for a in named)


def test_a_name_alone_stands_right_of_its_point_or_left_where_the_area_ends() -> None:
    area = (0.0, 0.0, 200.0, 100.0)
    assert place_names([(50.0, 50.0)], [4.0], [(60.0, 10.0)], area) == [(57.0, 45.0)]
    assert place_names([(190.0, 50.0)], [4.0], [(60.0, 10.0)], area) == [(123.0, 45.0)]
