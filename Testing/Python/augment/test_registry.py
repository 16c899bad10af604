"""The augmentation part of a recipe."""

import subprocess
import sys
from typing import get_args

import pytest

from medopt import MedOptError
from medopt.augment import TECHNIQUES, AnyTechnique, AugmentSettings
from medopt.augment.registry import ordered_techniques, technique_class


def test_the_two_lists_name_the_same_techniques() -> None:
    assert get_args(get_args(AnyTechnique)[0]) == TECHNIQUES


def test_every_field_says_what_it_is() -> None:
    for kind in TECHNIQUES:
        for name, field in kind.model_fields.items():
            assert name == "technique" or field.description, f"{kind.__name__}.{name}"
        assert technique_class(kind.model_fields["technique"].default) is kind


def test_a_preset_becomes_its_list_and_reads_back(tmp_path) -> None:
    for value in ({"preset": "standard"}, {"preset": "standard", "border": "edge"}):
        settings = AugmentSettings.parse(value, "recipe.yaml")
        settings.save(tmp_path / "augment.yaml")
        text = (tmp_path / "augment.yaml").read_text()
        assert "preset" not in text
        assert "technique: rotation" in text
        assert AugmentSettings.load(tmp_path / "augment.yaml") == settings
        assert settings.border == value.get("border", "zeros")
    assert AugmentSettings.model_validate("standard") == AugmentSettings.preset("standard")


def test_techniques_act_in_a_fixed_order() -> None:
    names = ["gaussian_noise", "rotation", "flip"]
    settings = AugmentSettings.parse({"techniques": [{"technique": n} for n in names]}, "recipe.yaml")
    assert [t.technique for t in ordered_techniques(settings.techniques)] == ["flip", "rotation", "gaussian_noise"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"preset": "standart"},
            r"unknown preset 'standart' \(known: none, light, standard, strong, mehta_arbel, isensee, rahman, yang\); "
            "did you mean 'standard'",
        ),
        ({"preset": "light", "techniques": []}, "either 'preset' or 'techniques'"),
        ({"techniques": [{"technique": "flip"}, {"technique": "flip"}]}, "named more than once: flip"),
        ({"techniques": [{"technique": "rotate"}]}, "did you mean 'rotation'"),
        ({"techniques": [{"technique": "gamma", "gama": [1, 2]}]}, "did you mean 'gamma'"),
        ({"techniques": [{"technique": "gaussian_blur", "sigma": [-1, 1]}]}, "greater than or equal to 0, found -1"),
        (
            {"techniques": [{"technique": "gaussian_blur", "sigma": [1, 0.5]}]},
            "first value of a range must not be above",
        ),
        ({"techniques": [{"technique": "gaussian_blur", "sigma": [0, float("nan")]}]}, "sigma.*finite number"),
        ({"techniques": [{"technique": "sharpening", "amount": [-0.1, 1]}]}, "greater than or equal to 0, found -0.1"),
        ({"techniques": [{"technique": "rician_noise", "level": [0.5, 0.1]}]}, "must not be above the second"),
        ({"techniques": [{"technique": "scaling", "factor": [0, 1]}]}, "greater than 0, found 0"),
        ({"techniques": [{"technique": "contrast", "factor": [0, 2]}]}, "greater than 0, found 0"),
        ({"techniques": [{"technique": "gamma", "gamma": [1, float("inf")]}]}, "gamma.*finite number"),
        (
            {"techniques": [{"technique": "low_resolution", "factor": [0.5, 2]}]},
            "greater than or equal to 1, found 0.5",
        ),
        ({"techniques": [{"technique": "cutout", "size": [0, 4]}]}, "greater than 0, found 0"),
        ({"techniques": [{"technique": "cutout", "boxes": [3, 1]}]}, "must not be above the second"),
        ({"techniques": [{"technique": "cutout", "fill": "median"}]}, "'mean', 'minimum' or 'zero'"),
        ({"techniques": [{"technique": "elastic", "spacing": 0}]}, "greater than 0, found 0"),
        ({"techniques": [{"technique": "elastic", "spacing": 8, "magnitude": 4}]}, "tissue folds over itself"),
        (
            {"techniques": [{"technique": "translation", "distance": [1, -1, 1]}]},
            "greater than or equal to 0, found -1",
        ),
        ({"techniques": [{"technique": "flip", "probability": 1.5}]}, "less than or equal to 1, found 1.5"),
        ({"border": "mirror"}, "'zeros' or 'edge'"),
    ],
)
def test_what_is_wrong_is_named(value: dict, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        AugmentSettings.parse(value, "recipe.yaml")


def test_settings_draws_and_previews_work_without_torch() -> None:
    code = (
        "import sys, medopt.augment as a; a.draw(a.AugmentSettings.preset('strong'), 1, (8, 8, 8), (1, 1, 1)); "
        "d = a.draw(a.AugmentSettings.preset('strong'), 1, (8, 8, 8), (1, 1, 1)); "
        "import numpy; a.sample_patch(numpy.zeros((1, 9, 9, 9)), None, (4, 4, 4), d, (1, 1, 1)); "
        "print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"
