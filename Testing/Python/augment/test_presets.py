"""Presets."""

from typing import get_args

import numpy as np
import pytest

from medopt.augment import AugmentSettings, draw
from medopt.augment.presets import preset_techniques
from medopt.augment.registry import PresetName


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


def test_standard_is_the_union_of_the_reviews_standard_techniques() -> None:
    names = {t.technique for t in preset_techniques("standard")}
    review = "flip rotation translation scaling shear elastic brightness contrast gamma gaussian_blur sharpening"
    assert names >= {*review.split(), "gaussian_noise"}


def test_published_settings_hold_what_their_papers_name() -> None:
    found = {name: {t.technique for t in preset_techniques(name)} for name in ("isensee", "rahman", "yang")}
    assert found["isensee"] == {"flip", "rotation", "scaling", "elastic", "gamma"}
    assert found["rahman"] == {"rotation", "scaling", "translation"}
    assert found["yang"] == {"rotation", "scaling", "translation"}
    isensee = {t.technique: t for t in preset_techniques("isensee")}
    assert isensee["rotation"].degrees == (15, 15, 15)
    assert isensee["scaling"].factor == (0.85, 1.25)
    assert isensee["gamma"].gamma == (0.7, 1.5)


@pytest.mark.parametrize("name", get_args(PresetName))
def test_every_name_is_a_preset_at_any_voxel(name: str) -> None:
    for voxel in (0.05, 1.0, 5.0):
        settings = AugmentSettings.preset(name, voxel=voxel)
        assert AugmentSettings.parse(settings.model_dump(mode="json"), "recipe.yaml") == settings


@pytest.mark.parametrize("voxel", [0.0, -1.0, float("nan"), float("inf")])
def test_a_voxel_without_size_is_refused(voxel: float) -> None:
    with pytest.raises(ValueError, match="voxel must be a length above 0"):
        preset_techniques("standard", voxel)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown preset 'medium'"):
        preset_techniques("medium")
