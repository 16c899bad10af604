"""The rule by which axes are halved."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medopt.networks import propose_strides
from medopt.networks.strides import MOST_STAGES, SMALLEST_SIDE


def test_coarse_axes_wait_for_fine_ones() -> None:
    expected = ((1, 1, 1), (1, 2, 2), (1, 2, 2), (2, 2, 2), (2, 2, 2), (1, 2, 2))
    assert propose_strides((20, 256, 256), (5, 1, 1)) == expected


@given(
    shape=st.tuples(*[st.integers(1, 600)] * 3),
    spacing=st.tuples(*[st.floats(0.1, 10)] * 3),
)
def test_no_axis_gets_too_short_and_units_do_not_matter(shape, spacing) -> None:
    strides = propose_strides(shape, spacing)
    assert strides[0] == (1, 1, 1)
    assert len(strides) <= MOST_STAGES
    for axis, side in enumerate(shape):
        reduced = side
        for step in strides:
            reduced /= step[axis]
        assert reduced == side or reduced >= SMALLEST_SIDE
    assert propose_strides(shape, [2.0 * s for s in spacing]) == strides  # a factor that floats hold exactly


def test_axes_are_turned_with_the_image() -> None:
    turned = propose_strides((256, 20, 256), (1, 5, 1))
    assert turned == tuple((j, k, i) for k, j, i in propose_strides((20, 256, 256), (5, 1, 1)))
