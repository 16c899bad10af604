"""Which class is which: the user's word, then terminology, then names."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.project import ClassInfo
from medopt.validation.external.classes import code_of, match_classes

TISSUE = "Segmentation category and type~SCT^85756007^Tissue~SCT^{code}^{name}~^^~Anatomic codes~^^~^^"


def info(value: int, name: str, code: str = "") -> ClassInfo:
    terminology = TISSUE.format(code=code, name=name) if code else ""
    return ClassInfo(value=value, name=name, color="#112233", terminology=terminology)


def pairs(*given, **options) -> dict[str, tuple[str, str]]:
    return {pair.model.name: (pair.there.name, pair.by) for pair in match_classes(*given, **options).pairs}


def test_codes_count_before_names_and_names_are_read_loosely() -> None:
    model = [info(1, "Liver", "10200004"), info(2, "Left kidney"), info(3, "Tumour")]
    there = [info(5, "LEFT_KIDNEY"), info(6, "Leber", "10200004"), info(7, "Tumour")]
    assert pairs(model, there) == {
        "Liver": ("Leber", "terminology"),
        "Left kidney": ("LEFT_KIDNEY", "name"),
        "Tumour": ("Tumour", "name"),
    }


def test_the_user_s_word_counts_before_all() -> None:
    model = [info(1, "A"), info(2, "B")]
    assert pairs(model, [info(1, "A"), info(2, "B")], given={"A": "B"}) == {"A": ("B", "user")}


def test_a_code_that_several_classes_share_tells_nothing() -> None:
    model = [info(1, "Front", "85756007"), info(2, "Back", "85756007")]
    there = [info(1, "Back", "85756007"), info(2, "Front", "85756007")]
    assert {pair[1] for pair in pairs(model, there).values()} == {"name"}


def test_alike_names_with_other_codes_are_noted_and_the_rest_is_listed() -> None:
    match = match_classes([info(1, "Kidney", "1"), info(2, "Cyst")], [info(1, "kidney", "2"), info(2, "Stone")])
    assert [pair.by for pair in match.pairs] == ["name"]
    assert "codes differ" in match.notes[0]
    assert (match.model_only, match.project_only) == (("Cyst",), ("Stone",))


def test_a_code_needs_a_type() -> None:
    assert code_of("") is None
    assert code_of("x~SCT^1^a~^^~^^") is None
    assert code_of("x~SCT^1^a~SCT^2^b") == (("SCT", "1"), ("SCT", "2"), ("", ""), ("", ""), ("", ""))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"X": "A"}, r"the model has no such class.*A, B.*X"),
        ({"A": "X"}, r"the project has no such class"),
        ({"A": "B", "B": "B"}, "named twice"),
    ],
)
def test_wrong_words_are_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        match_classes([info(1, "A"), info(2, "B")], [info(1, "A"), info(2, "B")], given)
