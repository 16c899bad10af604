"""What became of the proposals, read from the history of real labels."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.image import LabelMap
from medopt.labelling.acceptances import list_acceptances, scores_path
from medopt.labelling.proposal_score import proposal_score
from medopt.labelling.round_figures import read_course
from medopt.labelling.save import save_edited
from medopt.project import Project


@pytest.fixture
def proposed(half_labelled: Project, small_project_folder) -> Project:
    """The four cases that wait have proposals of round 2: the true label without its last slice that holds any."""
    finished = Project.open(small_project_folder)
    for case in half_labelled.cases():
        if not case.labelled:
            label = finished.read_label(case.id)
            array = label.array.copy()
            array[np.flatnonzero(array.any(axis=(1, 2)))[-1]] = 0
            half_labelled.save_proposal(
                case.id, LabelMap(array, label.geometry), model="round-002", round=2, confidence=0.8
            )
    return half_labelled


def waiting(project: Project) -> list[str]:
    return [case.id for case in project.cases() if not case.labelled]


def found(project: Project, name: str):
    return next(one for one in list_acceptances(project) if one.case == name)


def accept(project: Project, name: str, label=None, **values) -> None:
    said = project.read_proposal(name)
    save_edited(
        project,
        name,
        said if label is None else label,
        annotator="anna",
        seconds=30.0,
        **{"source": "proposal", "start": said, **values},
    )


def test_labels_without_a_proposal_are_round_nothing(half_labelled: Project) -> None:
    cases = list_acceptances(half_labelled)
    assert len(cases) == 4
    assert {(one.round, one.model, one.seconds, one.shown, one.score) for one in cases} == {
        (0, None, 60.0, False, None)
    }


def test_as_is_corrected_blind_and_rejected(proposed: Project, small_project_folder) -> None:
    finished, (first, second, third, fourth) = Project.open(small_project_folder), waiting(proposed)
    scores = {
        name: proposal_score(
            proposed.read_proposal(name), finished.read_label(name), finished.case(name).geometry, (1, 4)
        )
        for name in (first, second, third, fourth)
    }
    accept(proposed, first)
    accept(proposed, second, finished.read_label(second))
    accept(proposed, third, finished.read_label(third), source="manual", start=None, blind=True)
    proposed.reject_proposal(fourth, "anna")
    accept(proposed, fourth, finished.read_label(fourth), source="manual", start=None)
    one, two, three, four = (found(proposed, name) for name in (first, second, third, fourth))
    assert (one.round, one.model, one.as_is, one.shown, one.score) == (2, "round-002", True, True, 1.0)
    assert (two.as_is, two.shown, two.score) == (False, True, scores[second])
    assert two.edits is not None
    assert two.edits.slices == 1
    assert (three.round, three.blind, three.shown, three.score) == (2, True, False, scores[third])
    assert (four.round, four.shown, four.as_is, four.score) == (2, True, False, scores[fourth])
    figures = read_course(proposed)
    assert [(one.round, one.n) for one in figures.rounds] == [(0, 4), (2, 3)]
    assert figures.rounds[1].as_is is not None
    assert figures.rounds[1].as_is.mean == pytest.approx(1 / 3)
    assert figures.bias.blind is not None
    assert figures.bias.blind.mean == scores[third]
    assert figures.forecast is not None
    assert figures.forecast.cases == 0


def test_scores_outlast_the_proposals_and_a_later_correction(proposed: Project, small_project_folder) -> None:
    name = waiting(proposed)[0]
    finished = Project.open(small_project_folder)
    accept(proposed, name, finished.read_label(name))
    before = found(proposed, name)
    assert before.score is not None
    proposed.save_proposal(name, finished.read_label(name), model="round-003", round=3)
    accept(proposed, name, source="manual")  # a second look, from the new proposal
    assert found(proposed, name) == before
    scores_path(proposed).unlink()
    assert found(proposed, name).score is None  # nothing tells it any more
    assert found(proposed, name).round == 2


def test_a_damaged_file_of_scores_is_worked_out_again(proposed: Project) -> None:
    name = waiting(proposed)[0]
    accept(proposed, name)
    before = found(proposed, name)
    scores_path(proposed).write_text("{")
    assert found(proposed, name) == before
    scores_path(proposed).write_text("[1]")
    assert found(proposed, name) == before


def test_imported_labels_are_nobodys_work(small_project: Project) -> None:
    assert list_acceptances(small_project) == []
    assert read_course(small_project).rounds == ()
