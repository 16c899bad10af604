"""What the tests of augmentation share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from medopt.augment import AugmentSettings, Drawn, draw
from medopt.augment.technique import Frame


@pytest.fixture
def frame() -> Frame:
    """An anisotropic patch."""
    return Frame((10, 16, 14), (3.0, 1.0, 0.8))


@pytest.fixture
def drawn_of() -> Callable[..., Drawn]:
    """Draw from techniques given as dictionaries, each with probability 1 unless it says otherwise."""

    def make(
        *techniques: dict[str, Any],
        seed: Any = 5,
        shape: tuple[int, int, int] = (10, 16, 14),
        spacing: tuple[float, float, float] = (3.0, 1.0, 0.8),
        border: str = "zeros",
    ) -> Drawn:
        listed = [{"probability": 1.0, **t} for t in techniques]
        return draw(AugmentSettings.parse({"techniques": listed, "border": border}, "test"), seed, shape, spacing)

    return make


@pytest.fixture
def cohort(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A smooth volume of two channels (2, 24, 40, 36) and a label map with three structures."""
    volume = np.stack([ndimage.gaussian_filter(rng.normal(size=(24, 40, 36)), 2) for _ in range(2)]).astype(np.float32)
    volume /= volume.std()
    label = np.digitize(volume[0], [0.3, 1.0, 1.8]).astype(np.uint8)
    return volume, label
