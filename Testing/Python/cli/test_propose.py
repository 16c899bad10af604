"""``medopt propose``: what it hands on, and how it tells the end."""

from __future__ import annotations

from medopt.jobs import list_jobs
from medopt.labelling.propose import ProposalSummary


def test_it_hands_on_what_was_asked_and_sums_up(medopt, project, stand_in) -> None:
    done = ProposalSummary("run-003", ("case-00", "case-02"), ("case-03",), {"case-01": "no image"})
    calls = stand_in("medopt.labelling.propose", propose=done)
    answer = medopt("propose", project.folder, "--model", "run-003", "--case", "case-00", "--least-score", "0.5")
    assert answer.exit_code == 0, answer.output
    ((opened, model), options), *others = calls["propose"]
    assert (opened.folder, model, others) == (project.folder, "run-003", [])
    assert (options["cases"], options["least_score"], options["device"]) == (("case-00",), 0.5, None)
    assert "2 proposals by run-003, 1 cases as they were, 1 left out" in answer.output
    assert "no image" in answer.output
    (job,) = list_jobs(project.folder)
    assert (job.status().state, job.status().command) == ("done", "propose")


def test_without_wishes_it_is_for_all_cases_by_the_newest_run(medopt, project, stand_in) -> None:
    calls = stand_in("medopt.labelling.propose", propose=ProposalSummary("run-001", (), (), {}))
    assert medopt("propose", project.folder).exit_code == 0
    ((_, model), options) = calls["propose"][0]
    assert (model, options["cases"], options["least_score"]) == (None, None, 0.3)


def test_without_a_run_it_says_what_to_do(medopt, project) -> None:
    answer = medopt("propose", project.folder)
    assert answer.exit_code == 1
    assert "the project has no run" in answer.output
