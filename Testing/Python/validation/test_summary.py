"""Rows of the summary: order, counts and intervals."""

import pytest

from medopt.metrics import METRICS
from medopt.validation import MEAN, CaseScore, CaseValue, bootstrap_mean, summarize
from medopt.validation.summary import summary_row


def score(case, subject, structure, dice):
    return CaseScore(case, subject, structure, {"dice": dice}, 1.0, 1.0, "none")


def test_every_metric_of_every_structure_and_of_the_mean():
    cases = [score(f"c{n}", f"s{n}", s, n / 10) for n in range(6) for s in ("a", "b")]
    rows = summarize(cases, ["a", "b"])
    assert [(r.structure, r.metric) for r in rows] == [(s, m) for s in ("a", "b", MEAN) for m in METRICS]
    mean = next(r for r in rows if r.structure == MEAN and r.metric == "dice")
    expected = bootstrap_mean([n / 10 for n in range(6)], [f"s{n}" for n in range(6)])
    assert (mean.estimate, mean.low, mean.high) == (expected.estimate, expected.low, expected.high)
    assert (mean.n, mean.n_subjects, mean.excluded) == (6, 6, 0)


def test_undefined_values_are_excluded_and_counted():
    values = [CaseValue(f"c{n}", f"s{n}", None if n < 3 else float(n)) for n in range(7)]
    row = summary_row("a", "hd95_mm", values)
    assert row.estimate == pytest.approx(4.5)
    assert (row.n, row.n_subjects, row.excluded) == (4, 4, 3)
    assert row.low is None
    assert "expected at least 5, found 4" in row.note
    empty = summary_row("a", "hd95_mm", values[:3])
    assert (empty.estimate, empty.n, empty.excluded, empty.note) == (None, 0, 3, "no case")
