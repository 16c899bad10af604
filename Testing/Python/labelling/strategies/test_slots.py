"""Turns of the classes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from medopt.labelling.strategies.slots import take_turns

CASES = [f"case-{n}" for n in range(12)]


@given(
    st.dictionaries(st.integers(1, 4), st.lists(st.sampled_from(CASES), unique=True)),
    st.permutations(CASES),
    st.integers(0, 30),
    st.integers(0, 5),
)
def test_every_case_comes_once(by_class, overall, first, seed):
    taken = take_turns(by_class, overall, first=first, seed=seed)
    assert sorted(case for case, _ in taken) == sorted(CASES)
    for case, value in taken:
        assert value is None or case in by_class[value]


def test_two_of_three_go_to_the_classes_in_turn():
    taken = take_turns({1: CASES, 2: CASES[::-1]}, CASES, first=0, seed=1)
    turns = [value for _, value in taken[:9]]
    assert turns[2::3] == [None] * 3
    assert sorted(turns[:2]) == sorted(turns[3:5]) == sorted(turns[6:8]) == [1, 2]


def test_a_ranking_goes_on_where_the_last_one_stood():
    by_class = {1: CASES, 2: CASES[::-1], 7: CASES[3:6]}
    before = take_turns(by_class, CASES, first=4, seed=3)
    first = before[0][0]
    left = {value: [case for case in cases if case != first] for value, cases in by_class.items()}
    after = take_turns(left, [case for case in CASES if case != first], first=5, seed=3)
    assert after == before[1:]


def test_a_class_without_cases_passes_its_turn():
    assert take_turns({1: []}, ["a", "b"], first=0, seed=1) == [("a", None), ("b", None)]
    assert take_turns({}, [], first=0, seed=1) == []
