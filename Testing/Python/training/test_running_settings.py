"""Settings of running are strict, and know what is left open."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.training.running_settings import EarlyStoppingSettings, RunningSettings


def test_all_is_left_to_the_machine_by_default() -> None:
    assert RunningSettings().open
    assert RunningSettings().accumulate == "auto"
    assert RunningSettings().early_stopping is None


@pytest.mark.parametrize("field", ["precision", "memory_format", "compile"])
def test_one_open_field_is_enough_to_measure(field: str) -> None:
    decided = {"precision": "float32", "memory_format": "contiguous", "compile": False}
    assert not RunningSettings.parse(decided, "recipe").open
    assert RunningSettings.parse({**decided, field: "auto"}, "recipe").open


def test_what_is_open_is_named_and_can_be_opened_again() -> None:
    settings = RunningSettings(precision="float32")
    assert settings.left_open == ("memory_format", "compile")
    decided = settings.model_copy(update={"memory_format": "channels_last", "compile": False})
    assert decided.left_open == ()
    assert decided.opened(settings.left_open) == settings


def test_they_survive_a_file(tmp_path: object) -> None:
    settings = RunningSettings(compile=True, accumulate=4, early_stopping=EarlyStoppingSettings(gain=0.01))
    path = f"{tmp_path}/running.yaml"
    settings.save(path)
    assert RunningSettings.load(path) == settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"precision": "int8"},
        {"accumulate": 0},
        {"compile": "maybe"},
        {"early_stopping": {"patience": 1.0}},
        {"fast": 1},
    ],
)
def test_wrong_values_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(MedOptError, match=next(iter(wrong))):
        RunningSettings.parse(wrong, "recipe")
