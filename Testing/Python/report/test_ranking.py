"""Which cases are shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medopt.report.ranking import ranked_cases, shown_cases
from medopt.validation import CaseScore, Results, Structure, ValidationSettings


def results(values: list[float | None]) -> Results:
    """One structure, a case a value."""
    cases = tuple(CaseScore(f"c{n}", f"s{n}", "A", {"dice": v}, 1.0, 1.0, "none") for n, v in enumerate(values))
    return Results("test", "run", (Structure(1, "A"),), ValidationSettings(), cases, ())


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=30))
def test_worst_first_and_cases_without_a_value_left_out(values: list[float | None]) -> None:
    ranked = ranked_cases(results(values))
    assert sorted(r.dice for r in ranked) == [r.dice for r in ranked]
    assert len(ranked) == sum(v is not None for v in values)


def test_best_median_and_worst() -> None:
    shown = shown_cases(results([0.9, 0.2, 0.7, 0.8, 0.6]))
    assert [(role, item.case) for role, item in shown] == [("Best", "c0"), ("Median", "c2"), ("Worst", "c1")]


def test_few_cases_are_shown_once_each() -> None:
    assert shown_cases(results([])) == []
    assert [role for role, _ in shown_cases(results([0.5]))] == ["Worst"]
    assert [role for role, _ in shown_cases(results([0.5, 0.7]))] == ["Best", "Worst"]
