"""``medopt jobs``: list, follow, stop."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from medopt import MedOptError
from medopt.jobs import Job, run_in_job, start_job

WORKER = (
    "import sys, time; from medopt.jobs import run_in_job; folder = sys.argv[sys.argv.index('--job') + 1]\n"
    "with run_in_job(folder, 'train') as worker:\n"
    "    stop = worker.stop.polling(); worker.reporter.emit('message', text='ready')\n"
    "    while not stop.requested(): time.sleep(0.02)\n"
)


@pytest.fixture
def working(project):
    """A job that works until it is stopped."""
    job = start_job(["train"], project.folder / "jobs" / "j1", python=[sys.executable, "-c", WORKER])
    while not any(event.get("text") == "ready" for event in job.events()[0]):
        time.sleep(0.02)
    yield job
    job.cancel(grace_s=1)


def finished(project, name, fail=False):
    folder = project.folder / "jobs" / name
    try:
        with run_in_job(folder, "check") as worker:
            worker.reporter.emit("message", level="info", text=f"hello from {name}")
            if fail:
                raise MedOptError("no split")
    except MedOptError:
        pass
    return Job(folder)


def test_list(medopt, project, working):
    finished(project, "j0", fail=True)
    lines = [line.split() for line in medopt("jobs", "list", project.folder).output.splitlines()]
    assert [line[:3] for line in lines if line and line[0].startswith("j") and line[0] != "job"] == [
        ["j1", "train", "running"],
        ["j0", "check", "failed"],
    ]


def test_list_of_what_is_no_project(medopt, tmp_path):
    assert "not a MedOpt project" in medopt("jobs", "list", tmp_path).stderr


def test_follow_tells_everything_and_ends_with_the_job(medopt, project):
    finished(project, "j0")
    answer = medopt("jobs", "follow", project.folder)
    assert (answer.exit_code, answer.output.splitlines()) == (0, ["hello from j0", "The job j0 is done"])
    finished(project, "j1", fail=True)
    failed = medopt("jobs", "follow", project.folder, "j1")
    assert (failed.exit_code, failed.stderr) == (1, "Error: no split.\n")


def test_follow_a_job_that_is_at_work(project, working):
    command = [sys.executable, "-m", "medopt", "jobs", "follow", str(project.folder)]
    follower = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert follower.stdout is not None
    assert follower.stdout.readline() == "ready\n"
    working.cancel()
    rest, _ = follower.communicate(timeout=60)
    assert (follower.returncode, rest) == (130, "The job j1 is stopped\n")


def test_stop_ends_the_job_at_work(medopt, project, working):
    finished(project, "j2")
    answer = medopt("jobs", "stop", project.folder)
    assert (answer.exit_code, answer.output) == (0, "The job j1 is stopped\n")
    assert working.status().state == "stopped"
    nothing = medopt("jobs", "stop", project.folder)
    assert (nothing.exit_code, "no job is at work" in nothing.stderr) == (1, True)


def test_stop_asks_which_when_there_are_several(medopt, project, working):
    with run_in_job(project.folder / "jobs" / "j9", "check"):
        unclear = medopt("jobs", "stop", project.folder)
        assert "it is not clear which job to stop" in unclear.stderr
        assert "j9, j1" in unclear.stderr
        assert medopt("jobs", "stop", project.folder, "j1").exit_code == 0


def test_a_job_that_is_not_there(medopt, project):
    assert "the project has no job" in medopt("jobs", "follow", project.folder).stderr
    assert "not a job folder" in medopt("jobs", "follow", project.folder, "j7").stderr
    assert "leaves its folder" in medopt("jobs", "stop", project.folder, "../../x").stderr
