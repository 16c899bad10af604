"""Points of a strip do not hide each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medopt.report.figures.metric_strips import swarm


@given(st.lists(st.floats(0, 1), max_size=60))
def test_heights_are_bounded_and_touching_points_are_apart_while_there_is_room(values: list[float]) -> None:
    heights = swarm(values, 0.02, 0.05, 0.2)
    levels = 9
    assert all(abs(h) <= 0.2 + 1e-9 for h in heights)
    for n, (value, height) in enumerate(zip(values, heights, strict=True)):
        near = [m for m, other in enumerate(values) if m != n and abs(other - value) < 0.02]
        if len(near) < levels // 2:
            assert all(abs(heights[m] - height) > 1e-9 for m in near if abs(values[m] - value) < 0.019)


def test_the_same_values_give_the_same_heights_and_lone_points_stay_in_the_middle() -> None:
    values = [0.1, 0.5, 0.9]
    assert swarm(values, 0.05, 0.05, 0.2) == [0.0, 0.0, 0.0]
    assert swarm([0.5, 0.5, 0.5], 0.05, 0.05, 0.2) == [0.0, 0.05, -0.05]
