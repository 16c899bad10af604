"""Paired comparison of two validations."""

from dataclasses import replace

import numpy as np
import pytest
from results_made import detected
from scipy import stats

from medopt import MedOptError
from medopt.image import ClassLabel, ClassScores
from medopt.metrics import METRICS, delong_difference
from medopt.validation import (
    MEAN,
    BootstrapSettings,
    BoxOutcome,
    CaseScore,
    Results,
    Structure,
    ValidationSettings,
    bootstrap_mean,
    compare_results,
    validate_classes,
)
from medopt.validation.significance import holm


def results(dice, subjects=None, cases=None, **changes):
    cases = cases or [f"c{n:02d}" for n in range(len(dice))]
    subjects = subjects or [f"s{n:02d}" for n in range(len(dice))]
    scores = tuple(
        CaseScore(c, s, "organ", {"dice": d}, 1.0, 1.0, "none") for c, s, d in zip(cases, subjects, dice, strict=True)
    )
    whole = Results("test", "net", (Structure(1, "organ"),), ValidationSettings(), scores, ())
    return replace(whole, **changes)


def classified(seed, n=60, subjects=None, names=(), exclusive=True):
    """Three classes; probabilities follow the truth, and differ by seed."""
    values = (1, 2, 5)
    truth = np.arange(n) % 3
    known = np.random.default_rng(1).normal(0, 1, (n, 3))
    scores = np.exp(known + np.random.default_rng([2, seed]).normal(0, 1, (n, 3)) + 1.5 * np.eye(3)[truth])
    scores /= scores.sum(axis=1, keepdims=True)
    cases = list(names) or [f"c{i:03d}" for i in range(n)]
    place = {case: i for i, case in enumerate(cases)}
    return validate_classes(
        list(zip(cases, subjects or cases, strict=True)),
        lambda case: ClassLabel((values[truth[place[case]]],)),
        lambda case: ClassScores(values, tuple(scores[place[case]])),
        [Structure(v, name) for v, name in zip(values, "abc", strict=True)],
        subset="test",
        model=f"net {seed}",
        settings=ValidationSettings.model_validate({"bootstrap": {"samples": 500}}),
        exclusive=exclusive,
    )


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
    paired = bootstrap_mean(second - first, [f"s{n:02d}" for n in range(25)], BootstrapSettings(method="percentile"))
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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"structures": (Structure(1, "other"),)}, "scored different structures: expected organ, found other"),
        (
            {"settings": ValidationSettings(nsd_tolerance_mm=2)},
            "measured differently: expected NSD at 1 mm on patch points.*found NSD at 2 mm",
        ),
        ({"settings": ValidationSettings(surface_points="corner")}, "found NSD at 1 mm on corner points"),
        ({"settings": ValidationSettings(lesion_overlap=0.5)}, "found .*lesions at 50 %"),
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


def test_p_values_are_adjusted_for_all_rows_that_differ(rng):
    first = rng.uniform(0.6, 0.9, 25)
    one, other = results(first), results(first + rng.normal(0.004, 0.01, 25))
    rows = compare_results(one, other)
    # the mean over one structure is that structure, and the other metrics were not measured: one test
    assert row(rows).p_adjusted == row(rows).p_value == row(rows, MEAN).p_adjusted
    both = compare_results(classified(1), classified(2), metrics=("accuracy", "auroc"))
    known = [found for found in both if found.p_value is not None]
    assert len(known) == 5
    assert sorted(f.p_adjusted for f in known) == pytest.approx(sorted(holm([f.p_value for f in known])))


def test_the_test_may_be_chosen(rng):
    first = rng.uniform(0.6, 0.9, 25)
    one, other = results(first), results(first + rng.normal(0.01, 0.02, 25))
    assert row(compare_results(one, other)).test == "wilcoxon"
    found = row(compare_results(one, other, metrics=("dice",), test="bootstrap"))
    assert found.test == "bootstrap"
    assert (found.p_value < 0.05) == (found.low > 0 or found.high < 0)
    with pytest.raises(MedOptError, match=r"segmentation has no such test: expected one of auto, .*found delong"):
        compare_results(one, other, test="delong")
    with pytest.raises(MedOptError, match=r"segmentation has no such metric: .*found auroc"):
        compare_results(one, other, metrics=("auroc",))


def test_classes_have_the_difference_of_their_summaries():
    first, second = classified(1), classified(2)
    rows = compare_results(first, second)
    assert {(r.structure, r.metric) for r in rows} == {(r.structure, r.metric) for r in first.summary}
    for found in rows:
        one, other = (r.row(found.structure, found.metric).estimate for r in (first, second))
        assert (found.first, found.second) == pytest.approx((one, other))
        assert found.difference == pytest.approx(other - one)
        assert found.low <= found.difference <= found.high
        assert (found.n_subjects, found.excluded) == (found.n, 0)
    truth = np.arange(60) % 3 == 0
    scores = [np.array([case.probabilities["a"] for case in r.cases]) for r in (first, second)]
    area = row(rows, "a", "auroc")
    assert area.test == "delong"
    assert area.p_value == pytest.approx(delong_difference(truth, scores[1], scores[0]).p)
    right = [np.array([case.right for case in r.cases]) for r in (first, second)]
    accuracy = row(rows, MEAN, "accuracy")
    lost, won = int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum())
    assert (accuracy.test, accuracy.n) == ("mcnemar", 60)
    assert accuracy.p_value == pytest.approx(stats.binomtest(lost, lost + won).pvalue)
    found = row(rows, "b", "sensitivity")
    assert (found.test, found.n) == ("mcnemar", 20)
    assert row(rows, "b", "ppv").test == "bootstrap"
    assert row(rows, "b", "ppv").n == 60
    same = compare_results(first, first, metrics=("auroc", "f1"))
    assert {r.p_value for r in same} == {1.0}


def test_classes_of_subjects_with_several_cases_are_resampled_by_subject():
    subjects = [f"s{n // 2}" for n in range(60)]
    rows = compare_results(classified(1, subjects=subjects), classified(2, subjects=subjects))
    assert {r.test for r in rows} == {"bootstrap"}
    assert (row(rows, "a", "auroc").n, row(rows, "a", "auroc").n_subjects) == (60, 30)
    asked = compare_results(classified(1, subjects=subjects), classified(2, subjects=subjects), test="delong")
    assert row(asked, "a", "auroc").p_value is None
    assert "several cases" in row(asked, "a", "auroc").note


def test_few_cases_of_a_class_are_refused():
    rows = compare_results(classified(1, 12), classified(2, 12), metrics=("auroc",))
    assert "too few subjects with the class: expected at least 5, found 4" in row(rows, "a", "auroc").note
    assert row(rows, "a", "auroc").p_value is None


def test_boxes():
    first = detected(12)
    worse = replace(
        first,
        cases=tuple(
            replace(
                case,
                boxes=tuple(
                    BoxOutcome(b.structure, "missed", reference=b.reference) if b.outcome == "found" else b
                    for b in case.boxes
                ),
            )
            if int(case.case[1:]) % 4 == 1
            else case
            for case in first.cases
        ),
    )
    rows = compare_results(first, worse, metrics=("ap50", "found"))
    found = row(rows, "ill", "found")
    assert (found.first, found.second) == pytest.approx((1.0, 0.5))
    assert (found.difference, found.n, found.test) == (pytest.approx(-0.5), 12, "bootstrap")
    assert found.low < -0.5 < found.high
    assert found.p_value < 0.1
    assert row(rows, "ill", "ap50").first == pytest.approx(first.row("ill", "ap50").estimate)
    few = row(compare_results(detected(7), detected(7), metrics=("ap50",)), "well", "ap50")
    assert (few.low, few.p_value) == (None, None)
    assert few.note == "too few subjects with a box: expected at least 5, found 4"


def test_other_tasks_and_other_references():
    with pytest.raises(MedOptError, match="of different tasks: expected classification, found detection"):
        compare_results(classified(1), detected(12))
    changed = replace(
        classified(1),
        cases=tuple(replace(c, present=("b",)) for c in classified(1).cases[:2]) + classified(1).cases[2:],
    )
    with pytest.raises(MedOptError, match="another reference in the second validation: found c000"):
        compare_results(classified(1), changed)
    other = replace(results([0.5] * 6), cases=tuple(replace(c, reference_ml=2.0) for c in results([0.5] * 6).cases))
    with pytest.raises(MedOptError, match="another reference"):
        compare_results(results([0.5] * 6), other)
    with pytest.raises(MedOptError, match="take the classes differently: expected one class a case"):
        compare_results(classified(1), classified(1, exclusive=False))
