"""Dimensions and settings of a search: what is refused, and how."""

from __future__ import annotations

from typing import Any

import pytest

from medopt import MedOptError
from medopt.training.search.settings import Dimension, SearchSettings

RATE = {"field": "training.learning_rate", "kind": "log", "low": 1e-4, "high": 1e-2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": 0}, "expected 0 < low <= high, found 0 and 0.01"),
        ({"low": 0.1}, "expected 0 < low <= high"),
        ({"high": None}, "give low and high"),
        ({"kind": "choice"}, "a choice needs choices"),
        ({"kind": "whole", "low": 1, "high": 2.5}, "whole numbers need whole ends"),
        ({"kind": "lgo"}, "did you mean 'log'"),
        ({"choices": [1, 2]}, "give low and high, and no choices"),
    ],
)
def test_wrong_dimensions(change: dict[str, Any], message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        SearchSettings.parse({"dimensions": [{**RATE, **change}]}, "space.yaml")


def test_a_field_stands_once() -> None:
    with pytest.raises(MedOptError, match="each field needs one dimension"):
        SearchSettings.parse({"dimensions": [RATE, RATE]}, "space.yaml")


def test_what_a_dimension_holds() -> None:
    rate = Dimension.parse(RATE, "space.yaml")
    assert [rate.holds(v) for v in (1e-4, 1e-2, 5e-5, "0.001", True)] == [True, True, False, False, False]
    choice = Dimension(field="x", kind="choice", choices=(1, 2.5, "a", [1, 2]))
    assert [choice.holds(v) for v in (1, 2.5, "a", [1, 2], 2, "1")] == [True, True, True, True, False, False]


def test_yaml_round_trip(tmp_path) -> None:
    made = SearchSettings.parse({"dimensions": [RATE], "trials": 5}, "space.yaml")
    made.save(tmp_path / "space.yaml")
    assert SearchSettings.load(tmp_path / "space.yaml") == made
