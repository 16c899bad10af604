"""The PNG writer against an independent reader."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Pillow

from medopt.report.png import grey_png


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (40, 57)])
def test_pillow_reads_the_same_pixels(shape: tuple[int, int], rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, shape, dtype=np.uint8)
    with Pillow.open(io.BytesIO(grey_png(picture))) as read:
        assert read.mode == "L"
        assert np.array_equal(np.asarray(read), picture)
