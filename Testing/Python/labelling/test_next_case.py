"""Which case comes next, for whom, and why."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.labelling.core_set import choose_core_set, save_core_set
from medopt.labelling.next_case import next_case, rank_cases, waiting_in_test
from medopt.project import make_split


def label(project, case: str, annotator: str = "ann") -> None:
    grid = project.case(case).geometry
    values = np.zeros(grid.shape, np.uint8)
    values[2:4], values[5:7] = 1, 4
    project.save_label(case, LabelMap(values, grid), annotator=annotator)


def propose(project, case: str, probability: float, round: int = 5) -> None:
    grid = project.case(case).geometry
    values = np.zeros(grid.shape, np.uint8)
    values[2:4], values[5:7] = 1, 4
    scores = np.zeros((2, *grid.shape), np.uint8)
    scores[0, 2:4], scores[1, 5:7] = 250, round_to_byte(probability)
    label = LabelMap(values, grid)
    project.save_proposal(case, label, model="run-1", confidence=probability, round=round, scores=scores)


def round_to_byte(probability: float) -> int:
    return round(255 * probability)


def ids(choices) -> list[str]:
    return [choice.case_id for choice in choices]


def test_the_core_set_comes_first_while_there_is_no_model(unlabelled):
    chosen, _ = choose_core_set(unlabelled, 3, added=["case-05"])
    save_core_set(unlabelled, chosen)
    ranking = rank_cases(unlabelled)
    assert ids(ranking)[:4] == list(chosen.ids)
    assert ranking[0].reason == "core set, 1 of 4: added by hand"
    assert ranking[1].reason.startswith("core set, 2 of 4: stands for ")
    assert ranking[4].reason == "drawn at random among 8 unlabelled"
    assert len(set(ids(ranking))) == 12
    label(unlabelled, "case-05")
    assert ids(rank_cases(unlabelled))[:3] == list(chosen.ids[1:])
    propose(unlabelled, "case-00", 0.6)
    assert not any(choice.reason.startswith("core set") for choice in rank_cases(unlabelled))


def test_entropy_decides_when_there_are_proposals(unlabelled):
    for n, case in enumerate(unlabelled.cases()):
        propose(unlabelled, case.id, 0.98 - 0.03 * n)
    ranking = rank_cases(unlabelled, "clasp_pe")
    by_reason = {choice.reason: choice.case_id for choice in ranking}
    assert by_reason["highest entropy of class Back among 12 unlabelled"] == "case-11"
    assert ids(rank_cases(unlabelled, "most_uncertain"))[0] == "case-11"


def test_a_case_is_leased_and_others_get_others(unlabelled):
    first = next_case(unlabelled, "ann")
    second = next_case(unlabelled, "bob")
    again = next_case(unlabelled, "ann")
    assert first.case_id != second.case_id
    assert (first.position, first.of, second.position) == (1, 12, 2)
    assert first.expires is not None
    assert again.case_id == first.case_id
    assert again.reason == f"you have it already: {first.reason}"
    label(unlabelled, first.case_id)
    third = next_case(unlabelled, "ann")
    assert third.case_id not in (first.case_id, second.case_id)
    assert third.of == 11


def test_skipped_cases_do_not_come_and_a_look_leases_nothing(unlabelled):
    peek = next_case(unlabelled, "ann", lease=False)
    assert peek.expires is None
    assert unlabelled.leases.current() == []
    other = next_case(unlabelled, "ann", lease=False, skip=[peek.case_id])
    assert other.case_id == rank_cases(unlabelled)[1].case_id


def test_none_is_left(unlabelled):
    for case in unlabelled.cases()[2:]:
        label(unlabelled, case.id)
    unlabelled.set_flag("case-00", "blurred")
    assert next_case(unlabelled, "ann").case_id == "case-01"
    assert next_case(unlabelled, "bob") is None
    label(unlabelled, "case-01")
    assert next_case(unlabelled, "ann") is None


def test_test_subjects_come_only_when_asked_and_no_model_has_a_say(unlabelled):
    from sqlalchemy import update

    from medopt.project.schema import CASES

    for case in unlabelled.cases()[:6]:
        label(unlabelled, case.id)
    split = make_split(unlabelled, test=0.2, validation=0.2)
    tested = split.subjects["test"][0]
    with unlabelled.catalogue.write() as connection:  # later scans of a test subject
        connection.execute(update(CASES).where(CASES.c.id.in_(["case-09", "case-10"])).values(subject=tested))
    for case in ("case-08", "case-09", "case-10"):
        propose(unlabelled, case, 0.5)
    assert sorted(ids(rank_cases(unlabelled, "clasp_pe"))) == ["case-06", "case-07", "case-08", "case-11"]
    test = rank_cases(unlabelled, "clasp_pe", part="test")
    assert sorted(ids(test)) == ["case-09", "case-10"]
    assert test[0].reason == "test part, drawn at random among 2 unlabelled"
    everything = rank_cases(unlabelled, "clasp_pe", part="all")
    assert ids(everything)[0] == "case-08"
    assert ids(everything)[-2:] == ids(test)
    assert waiting_in_test(unlabelled) == 2


def test_wrong_names_are_told(unlabelled):
    with pytest.raises(MedOptError, match="unknown strategy"):
        next_case(unlabelled, "ann", "best")
    with pytest.raises(MedOptError, match="unknown part"):
        rank_cases(unlabelled, part="validation")
