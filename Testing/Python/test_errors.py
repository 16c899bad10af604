"""Messages hold where, what, expected, found and what to do, in one paragraph."""

from __future__ import annotations

from medopt import MedOptError


def test_a_whole_message() -> None:
    error = MedOptError("wrong size", where="a.nrrd", expected="3 axes", found="4", remedy="Split it")
    assert str(error) == "a.nrrd: wrong size: expected 3 axes, found 4. Split it."
    assert (error.where, error.expected, error.found, error.remedy) == ("a.nrrd", "3 axes", "4", "Split it")


def test_parts_that_are_not_given_are_not_named() -> None:
    assert str(MedOptError("nothing to do")) == "nothing to do."
    assert str(MedOptError("is it there?", found="no")) == "is it there?: found no."
