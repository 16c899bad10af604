"""Paired comparison of two validations."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from medopt import MedOptError
from medopt.metrics import METRICS
from medopt.validation import (
    MEAN,
    CaseScore,
    Results,
    Structure,
    ValidationSettings,
    bootstrap_mean,
    compare_results,
)
from medopt.validation.compare import signed_rank


def results(dice, subjects=None, cases=None, **changes):
    cases = cases or [f"c{n:02d}" for n in range(len(dice))]
    subjects = subjects or [f"s{n:02d}" for n in range(len(dice))]
    scores = tuple(
        CaseScore(c, s, "organ", {"dice": d}, 1.0, 1.0, "none") for c, s, d in zip(cases, subjects, dice, strict=True)
    )
    whole = Results("test", "net", (Structure(1, "organ"),), ValidationSettings(), scores, ())
    return replace(whole, **changes)


def row(rows, structure="organ", metric="dice"):
    return next(r for r in rows if (r.structure, r.metric) == (structure, metric))


def test_paired_difference_and_wilcoxon(rng):
    first = rng.uniform(0.6, 0.9, 25)
    second = first + rng.normal(0.01, 0.01, 25)
    rows = compare_results(results(first), results(second))
    assert [(r.structure, r.metric) for r in rows] == [(s, m) for s in ("organ", MEAN) for m in METRICS]
    found = row(rows)
    assert found.difference == pytest.approx((second - first).mean())
    assert (found.first, found.second) == pytest.approx((first.mean(), second.mean()))
    paired = bootstrap_mean(second - first, [f"s{n:02d}" for n in range(25)])
    assert (found.low, found.high) == pytest.approx((paired.low, paired.high))
    assert found.high - found.low < 0.02  # far narrower than the spread between cases
    assert found.p_value == pytest.approx(stats.wilcoxon(np.round(second - first, 12)).pvalue)
    assert row(rows, MEAN) == replace(found, structure=MEAN)
    turned = row(compare_results(results(second), results(first)))
    assert turned.difference == pytest.approx(-found.difference)
    assert turned.p_value == pytest.approx(found.p_value)
    unmeasured = row(rows, metric="hd95_mm")
    assert (unmeasured.n, unmeasured.difference, unmeasured.p_value, unmeasured.excluded) == (0, None, None, 25)


def test_only_shared_and_defined_cases_are_compared():
    one = results([0.1, 0.2, 0.3, None], cases=["a", "b", "c", "d"])
    other = results([0.5, 0.2, 0.9, 0.9, 0.9], ["s01", "s00", "s02", "s03", "s04"], ["b", "a", "c", "d", "e"])
    found = row(compare_results(one, other))
    assert found.n == 3
    assert found.excluded == 2
    assert found.difference == pytest.approx(np.mean([0.2 - 0.1, 0.5 - 0.2, 0.9 - 0.3]))
    assert found.low is None
    assert found.p_value is None
    assert "found 3" in found.note


def test_signed_rank_by_subject():
    differences = [0.1, 0.3, -0.1, 0.2, 0.4, 0.5, 0.6, 0.7]
    subjects = ["a", "a", "b", "c", "d", "e", "f", "g"]
    means = [0.2, -0.1, 0.2, 0.4, 0.5, 0.6, 0.7]
    assert signed_rank(differences, subjects) == pytest.approx(stats.wilcoxon(means).pvalue)
    assert signed_rank([0.0, 1e-15] * 4, list("abcdefgh")) == 1.0
    assert signed_rank([1.0] * 8, list("aabbccdd")) is None


def test_signed_rank_keeps_its_level_when_nothing_differs(rng):
    found = [signed_rank(rng.normal(0, 1, 20), [str(n) for n in range(20)]) for _ in range(400)]
    assert np.mean(np.array(found) < 0.05) < 0.085  # 0.05 and three standard errors


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"structures": (Structure(1, "other"),)}, "scored different structures: expected organ, found other"),
        (
            {"settings": ValidationSettings(nsd_tolerance_mm=2)},
            "measured differently: expected NSD at 1 mm on patch points, found NSD at 2 mm",
        ),
        ({"settings": ValidationSettings(surface_points="corner")}, "found NSD at 1 mm on corner points"),
    ],
)
def test_what_cannot_be_compared(change, message):
    with pytest.raises(MedOptError, match=message):
        compare_results(results([0.5] * 6), results([0.5] * 6, **change))


def test_no_shared_case():
    with pytest.raises(MedOptError, match="share no case"):
        compare_results(results([0.5, 0.6]), results([0.5, 0.6], cases=["x", "y"]))


def test_a_case_of_two_subjects():
    with pytest.raises(MedOptError, match="cases belong to different subjects in the two validations: found c01"):
        compare_results(results([0.5, 0.6]), results([0.5, 0.6], subjects=["s00", "x"]))
