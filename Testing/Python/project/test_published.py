from __future__ import annotations

import pytest

from medopt import MedOptError
from medopt.project.published import published_parts


def parts(told: dict[str, str], subjects: dict[str, str] | None = None, content: dict[str, str] | None = None):
    own = {case: case for case in told}
    return published_parts("split", told, subjects or own, content or own)


def test_usual_names_in_any_case_of_letters() -> None:
    told = {"a": "Train", "b": "VAL", "c": "test", "d": "validation", "e": "training", "f": " "}
    expected = {"a": "train", "b": "validation", "c": "test", "d": "validation", "e": "train"}
    assert parts(told).part_of == expected


def test_of_copies_the_most_sealed_stays() -> None:
    told = {"a": "train", "b": "val", "c": "test", "d": "train", "e": "train", "f": "val"}
    found = parts(told, content={"a": "1", "b": "1", "c": "1", "d": "2", "e": "2", "f": "3"})
    assert found.copies == {"a": "c", "b": "c"}
    assert found.part_of == {"c": "test", "d": "train", "e": "train", "f": "validation"}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"a": ""}, "no case has the attribute"),
        ({"a": "train", "b": "maybe", "c": "maybe"}, r"names no parts of a split.*'maybe' \(2 cases\)"),
        ({"a": "test", "b": "val"}, "names no training cases"),
    ],
)
def test_what_is_no_split(told: dict[str, str], message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        parts(told)


def test_a_subject_in_two_parts_is_refused() -> None:
    with pytest.raises(MedOptError, match=r"split: subjects stand in two parts.*found kim"):
        parts({"a": "train", "b": "test"}, subjects={"a": "kim", "b": "kim"})
