from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medopt.io.annotations import GridBox, ShareBox

SHARE = st.floats(0, 1)


@given(SHARE, SHARE, SHARE, SHARE, st.integers(1, 5000), st.integers(1, 5000))
def test_shares_and_pixels_agree(left, top, right, bottom, width, height) -> None:
    pixels = GridBox.on_slice("a", left * width, top * height, right * width, bottom * height)
    assert ShareBox("a", left, top, right, bottom).on_slice(width, height) == pixels
    assert (pixels.lower[0], pixels.upper[0]) == (-0.5, 0.5)
