from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt import MedOptError
from medopt.project.names import annotator_handle, is_safe_name, pseudonym, safe_name


@given(st.text(max_size=120))
def test_every_text_becomes_a_safe_name_that_stays(text: str) -> None:
    name = safe_name(text)
    assert is_safe_name(name)
    assert safe_name(name) == name


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}[A-Za-z0-9]", fullmatch=True).filter(is_safe_name))
def test_a_safe_name_is_kept(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hippocampus_001", "hippocampus_001"),
        ("a b.c", "a-b-c"),
        ("../../etc/passwd", "etc-passwd"),
        ("", "case"),
        ("뇌", "case"),
        ("con", "case-con"),
        ("LPT1", "case-LPT1"),
    ],
)
def test_examples(text: str, name: str) -> None:
    assert safe_name(text) == name


@pytest.mark.parametrize("name", ["", "a/b", "a.b", "NUL", "ä", "a" * 65, "a\n"])
def test_unsafe(name: str) -> None:
    assert not is_safe_name(name)


def test_pseudonyms_sort_like_their_numbers() -> None:
    assert [pseudonym(n) for n in (1, 12, 12345)] == ["subject-0001", "subject-0012", "subject-12345"]


def test_a_handle_has_no_blanks_around_it() -> None:
    assert annotator_handle(" kim ") == "kim"
    with pytest.raises(MedOptError, match="no usable annotator: expected a handle of 1 to 64 characters"):
        annotator_handle("\t")
