"""Rician noise."""

import numpy as np
import pytest
from scipy import stats

from medopt.augment.rician_noise import RicianNoise


def noisy(signal: float, level: float, seeds: tuple[int, int] = (1, 2)) -> tuple[np.ndarray, float]:
    """Voxels of one signal above a minimum of 40 in a patch of two values, and the deviation of the noise."""
    image = np.full((1, 1, 20, 50, 50), 40.0, np.float32)
    image[:, :, 10:] += signal
    deviation = level * image.std()
    return RicianNoise.apply(image, [{"level": level, "seeds": list(seeds)}], [(1, 1, 1)]) - 40, float(deviation)


@pytest.mark.parametrize("signal", [1.0, 100.0])
@pytest.mark.parametrize("level", [0.2, 1.0])
def test_follows_the_rice_distribution(signal: float, level: float) -> None:
    out, deviation = noisy(signal, level)
    dark, bright = out[:, :, :10].ravel(), out[:, :, 10:].ravel()
    assert dark.min() >= 0
    assert stats.kstest(dark / deviation, stats.rayleigh.cdf).pvalue > 1e-3
    assert stats.kstest(bright / deviation, stats.rice(signal / deviation).cdf).pvalue > 1e-3


def test_seeds_decide() -> None:
    assert np.array_equal(noisy(5, 0.3)[0], noisy(5, 0.3)[0])
    assert not np.allclose(noisy(5, 0.3)[0], noisy(5, 0.3, (1, 3))[0])


def test_no_level_changes_nothing(rng: np.random.Generator) -> None:
    image = rng.normal(size=(1, 2, 4, 5, 6)).astype(np.float32)
    out = RicianNoise.apply(image.copy(), [{"level": 0.0, "seeds": [1, 2]}], [(1, 1, 1)])
    assert np.allclose(out, image, atol=1e-6)
