"""Steps and draws in a few words."""

from MedOptTrainLib.captions import drawnCaption, presetOf, summary

from medopt.augment import TECHNIQUES, AugmentSettings, draw
from medopt.preprocess import Normalize, Resample, Window


def dump(settings):
    return settings.model_dump(mode="json")


def test_steps_are_told_in_one_line():
    assert summary(dump(Window(level=-600, width=1500))) == "lung: level -600, width 1500 → 0..1"
    assert summary(dump(Window(source="image", output="keep"))) == "percentiles 0.5 … 99.5 of the image → keep"
    assert summary(dump(Window(source="header", index=1))) == "window 1 of the header → 0..1"
    assert summary(dump(Resample(spacing=(2, 1, 1)))) == "spacing 2 × 1 × 1"
    assert "zscore" in summary(dump(Normalize()))


def test_presets_are_known_by_their_numbers():
    assert presetOf({"level": 40.0, "width": 80.0}) == "brain"
    assert presetOf({"source": "header", "level": 40.0, "width": 80.0}) == ""


def test_captions_tell_seed_and_numbers():
    every = AugmentSettings(
        techniques=({"technique": "rotation", "probability": 1}, {"technique": "gamma", "probability": 1})
    )
    drawn = draw(every, 7, (8, 8, 8), (1, 1, 1))
    degrees = drawn.actions[0].parameters["degrees"]
    text = drawnCaption(drawn)
    assert text.startswith("seed 7 · rotation ")
    assert f"{degrees[0]:.3g}°" in text
    assert f"gamma {drawn.actions[1].parameters['gamma']:.3g}" in text
    assert drawnCaption(draw(AugmentSettings(), 3, (8, 8, 8), (1, 1, 1))) == "seed 3 · nothing drawn"


def test_every_technique_has_a_short_caption():
    for kind in TECHNIQUES:
        drawn = draw(AugmentSettings(techniques=(kind(probability=1),)), 1, (16, 16, 16), (1, 1, 1))
        assert len(drawnCaption(drawn)) < 90, drawnCaption(drawn)
