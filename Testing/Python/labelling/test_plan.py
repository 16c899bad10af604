"""What a round trains: from scratch, further, or both."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="plans hold recipes")

from medopt.labelling.division import divide_labelled
from medopt.labelling.plan import CONTINUED_SHARE, plan_round
from medopt.labelling.rounds import Candidate, RoundRecord
from medopt.project import Project, make_split


@pytest.fixture
def after_one(half_labelled: Project, finished_project_folder: Path) -> Any:
    """A project after its first round, with the run of another project in the place of the round's."""
    split = divide_labelled(half_labelled)
    folder = half_labelled.runs_folder / "round-001"
    shutil.copytree(finished_project_folder / "runs" / "run-001", folder)
    (folder / "split.json").write_text(json.dumps(split.to_json()))
    record = RoundRecord(
        number=1,
        state="done",
        started="2026-03-01T00:00:00+00:00",
        training_cases=len(split.train),
        training_subjects=3,
        validation_cases=1,
        validation_subjects=1,
        candidates=(Candidate("round-001", "scratch", None, 5.0, 0.8),),
        reason="",
        model="round-001",
    )
    return half_labelled, record


def label_more(project: Project, folder: Path, number: int) -> None:
    finished = Project.open(folder)
    for case in [case for case in project.cases() if not case.labelled][:number]:
        project.save_label(case.id, finished.read_label(case.id), annotator="anna")


def test_the_first_round_begins_from_scratch(half_labelled: Project) -> None:
    plan = plan_round(half_labelled, [], minutes=2.0)
    assert plan.candidates == (Candidate("round-001", "scratch", None, 2.0),)
    (recipe,) = plan.recipes
    assert (recipe.training.minutes, recipe.transfer) == (2.0, None)
    assert plan.reason == "The model begins from scratch: it is the first."


def test_the_next_goes_on_from_the_last_with_its_recipe(after_one, small_project_folder: Path) -> None:
    project, record = after_one
    label_more(project, small_project_folder, 1)
    plan = plan_round(project, [record], minutes=2.0)
    assert plan.candidates == (Candidate("round-002", "continued", "round-001", 2.0),)
    (recipe,) = plan.recipes
    assert recipe.transfer.source == "round-001"
    assert recipe.network.features == (6, 12)  # of the last round
    assert (recipe.training.minutes, recipe.training.steps) == (2.0, None)
    assert "4 training cases are 1.3 times those of round 1" in plan.reason


def test_a_fresh_model_is_tried_beside_it_when_the_cases_have_doubled(after_one, small_project_folder: Path) -> None:
    project, record = after_one
    label_more(project, small_project_folder, 4)
    plan = plan_round(project, [record], minutes=10.0)
    further, fresh = plan.candidates
    assert (further.run, further.start, further.source) == ("round-002", "continued", "round-001")
    assert (fresh.run, fresh.start, fresh.source) == ("round-002-scratch", "scratch", None)
    assert further.minutes == 10 * CONTINUED_SHARE > fresh.minutes
    assert further.minutes + fresh.minutes == 10
    assert [recipe.training.minutes for recipe in plan.recipes] == [further.minutes, fresh.minutes]
    assert "2.0 times those of round 1" in plan.reason
    # after that round it takes doubling again
    done = record.changed(number=2, candidates=plan.candidates, training_cases=6, model="round-002")
    shutil.copytree(project.runs_folder / "round-001", project.runs_folder / "round-002")
    again = plan_round(project, [record, done], minutes=10.0)
    assert [one.run for one in again.candidates] == ["round-003"]
    assert "1.0 times those of round 2" in again.reason


def test_a_model_that_learned_from_todays_test_is_not_trained_on(after_one, small_project_folder: Path) -> None:
    project, record = after_one
    label_more(project, small_project_folder, 4)
    learned = set(json.loads((project.runs_folder / "round-001" / "split.json").read_text())["subjects"]["train"])
    for seed in range(99):
        if learned & set(make_split(project, test=0.25, validation=0.15, seed=seed, replace=True).subjects["test"]):
            break
    plan = plan_round(project, [record], minutes=2.0)
    assert [one.start for one in plan.candidates] == ["scratch"]
    assert "that are in the test" in plan.reason


def test_a_lost_run_and_unfinished_rounds_count_for_nothing(after_one) -> None:
    project, record = after_one
    unfinished = record.changed(number=2, state="training", model=None)
    assert plan_round(project, [record, unfinished], minutes=2.0).candidates[0].run == "round-003"
    shutil.rmtree(project.runs_folder / "round-001")
    plan = plan_round(project, [record], minutes=2.0)
    assert [one.start for one in plan.candidates] == ["scratch"]
    assert "the run round-001 is not there any more" in plan.reason
