"""Rate, length and validations from what is known of time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt.networks import UNet
from medopt.training.advice.networks import Candidate, Cost
from medopt.training.advice.plan import Plan
from medopt.training.advice.schedule import choose_length, choose_optimiser, choose_rate, choose_validations

CANDIDATE = Candidate("M", UNet())


def plan(seconds: float | None, batch: int = 2) -> Plan:
    return Plan(CANDIDATE, CANDIDATE, (32, 32, 32), (32, 32, 32), batch, Cost(1, 1, 1), seconds)


@pytest.mark.parametrize(
    ("content", "rate", "rule"),
    [
        (None, 1e-2, "rate.default"),
        ({"suggestion": 0.02, "losses": [1, 2, 3]}, 0.02, "rate.range_test"),
        ({"suggestion": 0.02, "losses": [1], "optimiser": "muon"}, 0.02, "rate.range_test"),
        ({"suggestion": 0.02, "losses": [1], "optimiser": "adamw"}, 0.01, "rate.default"),
        ({"suggestion": None}, 1e-2, "rate.default"),
        ({"suggestion": 0.5}, 1e-2, "rate.default"),
        ([1], 1e-2, "rate.default"),
        ("{broken", 1e-2, "rate.default"),
    ],
)
def test_the_rate_of_a_range_test_is_taken_where_it_is_sound(tmp_path: Path, content, rate, rule) -> None:
    if content is not None:
        (tmp_path / "lr-range.json").write_text(content if isinstance(content, str) else json.dumps(content))
    chosen, reason = choose_rate(tmp_path, "muon")
    assert (chosen, reason.rule, reason.value) == (rate, rule, rate)


@pytest.mark.parametrize(
    ("multiply_adds", "batch", "expected"), [(1000, 1, "adamw"), (1000, 2, "muon"), (2000, 1, "muon")]
)
def test_muon_is_taken_where_its_own_work_is_small(multiply_adds: int, batch: int, expected: str) -> None:
    planned = Plan(CANDIDATE, CANDIDATE, (32, 32, 32), (32, 32, 32), batch, Cost(1, multiply_adds, 1), 0.5)
    name, reason = choose_optimiser(1200, planned)
    assert (name, reason.value, reason.rule) == (expected, expected, f"optimiser.{expected}")
    assert reason.figures == {"share_of_step": round(1200 / (3 * multiply_adds * batch), 3)}


def test_each_optimiser_has_its_rate(tmp_path: Path) -> None:
    assert choose_rate(tmp_path, "adamw")[0] == 3e-3
    (tmp_path / "lr-range.json").write_text('{"suggestion": 0.02, "losses": [1], "optimiser": "adamw"}')
    assert choose_rate(tmp_path, "adamw")[0] == 0.02


def test_minutes_tell_the_steps_and_epochs_to_expect() -> None:
    steps, minutes = choose_length(plan(0.5), 60, minutes=5, steps=None)
    assert (steps.field, steps.value) == ("training.steps", None)
    assert (minutes.field, minutes.value) == ("training.minutes", 5)
    assert minutes.figures == {"cases": 60, "seconds_a_step": 0.5, "steps": 600, "epochs": 20.0}
    assert "about 600 steps of 2 patches, 20.0 times each case" in minutes.why


def test_steps_that_were_asked_for_stay() -> None:
    steps, minutes = choose_length(plan(None), 60, minutes=None, steps=90)
    assert (steps.value, minutes.value, steps.figures["epochs"]) == (90, None, 3.0)


def test_validations_take_a_fifth_of_the_time_at_most() -> None:
    # 0.6 s a step of 2: a window takes 0.1 s; 64 along an axis are 1 + ceil(32 / 24) = 3 windows
    count, reason = choose_validations(plan(0.6), (32, 64, 32), 10, 0.25, 5)
    assert count == 8
    assert reason.figures == {
        "validation_cases": 10, "windows_a_case": 3, "seconds_each": 3.0, "share_of_time": 0.08,
    }  # fmt: skip
    count, reason = choose_validations(plan(0.6), (32, 64, 32), 10, 0.25, 1)
    assert (count, reason.rule) == (4, "validations.fewer")  # 12 s of 60
    assert choose_validations(plan(0.6), (32, 64, 32), 10_000, 0.25, 1)[0] == 1
    assert choose_validations(plan(None), (32, 64, 32), 10, 0.25, 1)[0] == 8
    assert choose_validations(plan(0.6), (32, 64, 32), 0, 0.25, 1)[0] == 8
