"""Presets."""

import numpy as np
import pytest

from medopt.augment import AugmentSettings, draw
from medopt.augment.presets import preset_techniques


def test_none_changes_nothing() -> None:
    assert AugmentSettings.preset("none") == AugmentSettings()


def test_each_preset_is_stronger_than_the_one_before() -> None:
    counts = [
        np.mean([len(draw(AugmentSettings.preset(name), n, (8, 8, 8), (1, 1, 1)).actions) for n in range(300)])
        for name in ("none", "light", "standard", "strong")
    ]
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[1] > 0.5
    assert counts[3] > counts[2] + 1


def test_lengths_follow_the_voxel() -> None:
    fine = {t.technique: t for t in preset_techniques("standard", voxel=0.5)}
    coarse = {t.technique: t for t in preset_techniques("standard", voxel=2.0)}
    assert coarse["elastic"].spacing == 4 * fine["elastic"].spacing
    assert coarse["gaussian_blur"].sigma[1] == 4 * fine["gaussian_blur"].sigma[1]
    assert coarse["rotation"] == fine["rotation"]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown preset 'medium'"):
        preset_techniques("medium")
