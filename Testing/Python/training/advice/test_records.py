"""Advice goes through JSON and back, and needs no torch for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import medopt
from medopt.errors import MedOptError
from medopt.training.advice.records import Advice, Caution, Reason

ADVICE = Advice(
    {"seed": 1, "training": {"patch": [8, 8, 8], "minutes": 5.0}},
    (
        Reason("seed", 1, "Every draw comes from it."),
        Reason("training", {}, "All of it.", {"n": 3}, "time.minutes"),
        Reason("training.patch", [8, 8, 8], "The median.", {"median_shape": "8 × 8 × 8", "share": 0.5}, "patch.cover"),
    ),
    (Caution("One subject.", {"subjects": 1}, "caution.one_subject"),),
    "3 of 3 cases were looked at",
)


def test_json_and_back() -> None:
    text = json.dumps(ADVICE.to_json(), allow_nan=False)
    assert Advice.from_json(json.loads(text)) == ADVICE
    assert json.loads(text)["reasons"][2]["source"].startswith("Isensee")


@pytest.mark.parametrize(
    "value", [[], {}, {**ADVICE.to_json(), "format": 2}, {**ADVICE.to_json(), "reasons": [{"field": "x"}]}]
)
def test_anything_else_is_refused(value) -> None:
    with pytest.raises(MedOptError, match="no advice of this MedOpt"):
        Advice.from_json(value)


def test_a_field_without_a_reason_of_its_own_has_that_of_the_field_around_it() -> None:
    assert ADVICE.reason("training.patch") == ADVICE.reasons[2]
    assert ADVICE.reason("training.patch.0") == ADVICE.reasons[2]
    assert ADVICE.reason("training.minutes") == ADVICE.reasons[1]
    assert ADVICE.reason("network.name") is None


def test_an_unknown_rule_is_a_fault() -> None:
    with pytest.raises(ValueError, match=r"unknown rule 'no\.rule'"):
        Reason("seed", 1, "", {}, "no.rule")
    with pytest.raises(ValueError, match="unknown rule"):
        Caution("", {}, "no.rule")


def test_reading_advice_and_its_differences_needs_no_torch() -> None:
    # the rooms' own packages stand aside, as they will once they load lazily: what counts is what these modules import
    program = (
        "import sys, types\n"
        f"package = types.ModuleType('medopt.training'); package.__path__ = [{str(_training())!r}]\n"
        "sys.modules['medopt.training'] = package\n"
        "from medopt.training.advice import Advice, differences\n"
        "heavy = {'torch', 'monai', 'onnxruntime', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=60)


def _training() -> Path:
    return Path(medopt.__file__).parent / "training"
