"""``medopt teach``: what it hands on, and what it shows; rounds themselves have tests of their own."""

from __future__ import annotations

import json

import pytest

from medopt.jobs import list_jobs
from medopt.labelling.blind import BlindSettings, load_blind, save_blind
from medopt.labelling.rounds import Candidate, RoundRecord

RECORD = RoundRecord(
    number=2,
    state="done",
    started="2026-03-01T00:00:00+00:00",
    training_cases=8,
    training_subjects=8,
    validation_cases=2,
    validation_subjects=2,
    candidates=(
        Candidate("round-002", "continued", "round-001", 3.0, 0.8125),
        Candidate("round-002-scratch", "scratch", None, 2.0, 0.75),
    ),
    reason="why",
    metric="dice",
    model="round-002",
    proposed=7,
)


@pytest.fixture
def teaching(stand_in):
    return stand_in("medopt.labelling.teach", teach=RECORD)


def test_it_hands_on_what_was_asked_and_keeps_a_job(medopt, project, teaching) -> None:
    answer = medopt(
        "teach", project.folder, "--time", "90s", "--anew", "--no-proposals", "--device", "cpu", "--seed", "4"
    )
    assert answer.exit_code == 0, answer.output
    ((opened, *_), options), *others = teaching["teach"]
    assert (opened.folder, others) == (project.folder, [])
    assert (options["minutes"], options["anew"], options["proposing"]) == (1.5, True, False)
    assert (options["device"], options["threads"], options["seed"], options["recipe"]) == ("cpu", None, 4, None)
    assert options["stop"].polled
    (job,) = list_jobs(project.folder)
    assert (job.status().state, job.status().command) == ("done", "teach")


def test_both_figures_are_shown(medopt, project, teaching) -> None:
    answer = medopt("teach", project.folder, "--events", "json")
    events = [json.loads(line) for line in answer.output.splitlines()]
    (table,) = [event for event in events if event.get("title") == "Round 2"]
    assert [(row["run"], row["begun from"], row["dice"], row["taken"]) for row in table["rows"]] == [
        ("round-002", "round-001", 0.8125, "yes"),
        ("round-002-scratch", "scratch", 0.75, ""),
    ]
    assert [row["proposals"] for row in table["rows"]] == [7, None]
    assert events[-1]["kind"] == "finished"
    assert any(str(event.get("path", "")).endswith("runs/round-002") for event in events)


def test_shares_of_blind_and_wrong_proposals_are_kept_in_the_project(medopt, project, teaching) -> None:
    save_blind(project, BlindSettings(seed=9))
    assert medopt("teach", project.folder, "--blind", "0.2").exit_code == 0
    assert load_blind(project) == BlindSettings(share=0.2, seed=9)
    medopt("teach", project.folder, "--catch", "0.1")
    assert load_blind(project) == BlindSettings(share=0.2, catch=0.1, seed=9)


def test_a_wrong_time_is_told(medopt, project, teaching) -> None:
    answer = medopt("teach", project.folder, "--time", "soon")
    assert answer.exit_code == 1
    assert "soon" in answer.output
    assert teaching["teach"] == []
