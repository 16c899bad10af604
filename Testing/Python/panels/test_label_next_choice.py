"""The next case by strategies of the library, on a real project: reason, filter, skipped cases, the end."""

import pytest
from MedOptLabelLib.case_list import CaseList
from MedOptLabelLib.next_choice import NextChoice

from medopt.labelling.core_set import ChosenCase, CoreSet, save_core_set
from medopt.labelling.strategies import DEFAULT, STRATEGIES
from medopt.project import make_split
from MedOptCoreLib.settings_store import STRATEGY, MemoryStore


@pytest.fixture
def choice():
    store = MemoryStore()
    store.setValue(STRATEGY, "in_order")
    return NextChoice(store)


@pytest.fixture
def cases(project):
    found = CaseList()
    found.fill(project.cases(), "kim")
    return found


def test_the_strategies_are_those_of_the_library_and_the_choice_is_remembered():
    store = MemoryStore()
    choice = NextChoice(store)
    assert [name for name, _title in choice.strategies()] == list(STRATEGIES)
    assert choice.strategy == DEFAULT
    choice.choose("most_uncertain")
    assert NextChoice(store).strategy == "most_uncertain"
    store.setValue(STRATEGY, "one that is gone")
    assert choice.strategy == DEFAULT


def test_the_case_comes_leased_with_its_reason(choice, cases, project):
    assert choice.pick(project, "kim", cases, None) == "case-2"
    assert choice.text.startswith("Chosen: ")
    assert "number 1 of 2" in choice.text
    assert [(one.case_id, one.annotator) for one in project.leases.current()] == [("case-2", "kim")]


def test_another_annotator_gets_another_case(choice, cases, project):
    first = choice.pick(project, "kim", cases, None)
    second = choice.pick(project, "lee", cases, None)
    assert {first, second} == {"case-2", "case-3"}


def test_hidden_skipped_and_shown_cases_are_passed_over(choice, cases, project):
    assert choice.pick(project, "kim", cases, "case-2") == "case-3"
    project.leases.release("case-3", "kim")
    cases.skipped.add("case-2")
    assert choice.pick(project, "kim", cases, None) == "case-3"
    project.leases.release("case-3", "kim")
    cases.skipped.clear()
    cases.setFilter("case-3")
    assert choice.pick(project, "kim", cases, None) == "case-3"


def test_the_core_set_comes_first(choice, cases, project):
    save_core_set(project, CoreSet(count=1, cases=(ChosenCase(case="case-3", reason="stands for all"),)))
    assert choice.pick(project, "kim", cases, None) == "case-3"
    assert "core set, 1 of 1: stands for all" in choice.text


def test_when_nothing_waits_the_list_goes_on_and_says_so(choice, cases, project):
    assert choice.pick(project, "kim", cases, "case-2") == "case-3"
    cases.skipped |= {"case-2", "case-3"}
    assert choice.pick(project, "kim", cases, "case-3") == "case-0"
    assert "no other case waits" in choice.text
    cases.setFilter("no such case")
    assert choice.pick(project, "kim", cases, None) is None
    assert choice.text == ""


def test_another_strategy_takes_the_reason_of_the_one_before_away(choice, cases, project):
    choice.pick(project, "kim", cases, None)
    choice.choose("random_foreground")
    assert choice.text == ""


def test_cases_of_the_test_part_come_last(choice, project, cases):
    from standins.material import blob

    for number in (2, 3):
        project.save_label(f"case-{number}", blob((1,), number), annotator="kim")
    split = make_split(project, test=0.25, validation=0.25)
    assert len(split.test) == 1
    cases.fill(project.cases(), "kim")
    assert choice.pick(project, "kim", cases, None) is not None
    assert "no other case waits" in choice.text
