"""Validation over cases: a failing case is left out with its reason and the rest goes on."""

import numpy as np
import pytest

from medopt import MedOptError
from medopt.events import Collector
from medopt.image import Geometry, LabelMap
from medopt.validation import BootstrapSettings, Structure, ValidationSettings, validate_cases

STRUCTURES = [Structure(1, "organ")]


def label(size=4, shape=(6, 10, 10)):
    array = np.zeros(shape, np.uint8)
    array[1:4, 2:6, 2 : 2 + size] = 1
    return LabelMap(array, Geometry(shape))


def validate(cases, read=lambda case: label(), predict=lambda case: label(), structures=STRUCTURES, **options):
    return validate_cases(cases, read, predict, structures, subset="test", model="net", **options)


def test_bad_cases_are_left_out_and_the_rest_goes_on():
    def predict(case):
        if case == "missing":
            raise MedOptError("there is no prediction", where=case)
        return label(shape=(7, 10, 10)) if case == "grid" else label(3)

    listener = Collector()
    cases = [("a", "s1"), ("missing", "s2"), ("grid", "s3"), ("b", "s1")]
    found = validate(cases, predict=predict, reporter=listener)
    assert [s.case for s in found.cases] == ["a", "b"]
    assert (found.n_cases, found.n_subjects) == (2, 1)
    assert [item.case for item in found.left_out] == ["missing", "grid"]
    assert found.left_out[0].reason == "missing: there is no prediction."
    assert "grid: reference and prediction lie on different grids" in found.left_out[1].reason
    assert found.row("organ", "dice").estimate == pytest.approx(6 / 7)
    progress = [e for e in listener.events if e["kind"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == 4
    warnings = [e["text"] for e in listener.events if e["kind"] == "message"]
    assert len(warnings) == 2
    assert warnings[0].startswith("missing is left out")


def test_when_every_case_fails_there_are_no_estimates():
    def predict(case):
        raise MedOptError("the file is damaged")

    found = validate([("a", "s"), ("b", "s")], predict=predict)
    assert (found.n_cases, len(found.left_out)) == (0, 2)
    assert found.row("mean", "dice").estimate is None
    assert found.row("mean", "dice").n == 0


def test_a_bug_is_not_hidden():
    def predict(case):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        validate([("a", "s")], predict=predict)


def test_settings_reach_the_scores():
    cases = [(f"c{n}", f"s{n}") for n in range(6)]
    loose = validate(cases, predict=lambda c: label(3), settings=ValidationSettings(nsd_tolerance_mm=1.0))
    strict = validate(
        cases,
        predict=lambda c: label(3),
        settings=ValidationSettings(nsd_tolerance_mm=0.1, bootstrap=BootstrapSettings(seed=9)),
    )
    assert loose.row("organ", "nsd").estimate > strict.row("organ", "nsd").estimate
    assert strict.settings.bootstrap.seed == 9


@pytest.mark.parametrize(
    ("cases", "structures", "message"),
    [
        ([], STRUCTURES, "test: there are no cases to validate"),
        ([("a", "s"), ("b", "s"), ("a", "s")], STRUCTURES, "cases come more than once: found a"),
        ([("a", "s")], [], "at least one, each with a value and a name of its own"),
        ([("a", "s")], [Structure(1, "x"), Structure(2, "x")], "cannot be told apart"),
        ([("a", "s")], [Structure(1, "x"), Structure(1, "y")], "cannot be told apart"),
        ([("a", "s")], [Structure(1, "mean")], "none named 'mean'"),
        ([("a", "s")], [Structure(0, "background")], "the background cannot be scored"),
    ],
)
def test_wrong_input(cases, structures, message):
    with pytest.raises(MedOptError, match=message):
        validate(cases, structures=structures)
