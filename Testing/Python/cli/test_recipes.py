"""Changing single fields of a recipe."""

from __future__ import annotations

import copy

import pytest

from medopt import MedOptError
from medopt.cli.recipes import change_field, minutes_of

VALUES = {"seed": 1, "training": {"steps": None, "minutes": 10.0}, "preprocess": {"steps": [{"spacing": [1, 1, 1]}]}}


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ("seed=4", ("seed",), 4),
        ("training.extra=true", ("training", "extra"), True),
        ("preprocess.steps.0.spacing=[2, 1, 0.5]", ("preprocess", "steps", 0, "spacing"), [2, 1, 0.5]),
        ("preprocess.steps.0.spacing.2=0.5", ("preprocess", "steps", 0, "spacing", 2), 0.5),
        ("seed=", ("seed",), None),
        ("seed=a=b", ("seed",), "a=b"),
    ],
)
def test_a_field_is_changed(text, place, value):
    values = copy.deepcopy(VALUES)
    change_field(values, text)
    found = values
    for part in place:
        found = found[part]
    assert found == value


def test_steps_and_minutes_exclude_each_other():
    values = copy.deepcopy(VALUES)
    change_field(values, "training.steps=500")
    assert values["training"] == {"steps": 500, "minutes": None}
    change_field(values, "training.minutes=2")
    assert values["training"] == {"steps": None, "minutes": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed", "expected FIELD=VALUE, found 'seed'"),
        ("=4", "expected FIELD=VALUE"),
        ("training..x=4", "expected FIELD=VALUE"),
        ("trainig.steps=4", "no such field: expected one of: seed, training, preprocess, found trainig"),
        ("preprocess.steps.3.spacing=4", "expected one of: 0 to 0, found 3"),
        ("seed.x=4", "no such field"),
        ("seed=[1", "the value cannot be read"),
    ],
)
def test_a_change_that_cannot_be_followed(text, message):
    values = copy.deepcopy(VALUES)
    with pytest.raises(MedOptError, match=message):
        change_field(values, text)
    assert values == VALUES


@pytest.mark.parametrize(("text", "minutes"), [("90s", 1.5), ("15m", 15), ("15 min", 15), ("2h", 120), ("0.5", 0.5)])
def test_times_are_read_in_seconds_minutes_and_hours(text: str, minutes: float) -> None:
    assert minutes_of(text) == pytest.approx(minutes)


@pytest.mark.parametrize("text", ["", "soon", "-5m", "0", "5d"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(MedOptError, match="the time cannot be read: expected such as 90s"):
        minutes_of(text)
