"""The frame around commands: job folders, ends, missing packages."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
import typer

from medopt import MedOptError
from medopt.cli.options import Events
from medopt.cli.work import guarded, showing, unwrapped, working
from medopt.jobs import Job, Stopped, list_jobs


def test_a_job_is_opened_in_the_project(project):
    with working("check", project.folder, events=Events.json, job=None) as work:
        work.reporter.emit("message", level="info", text="hello")
        (job,) = list_jobs(project.folder)
        assert job.status().state == "running"
    assert job.status().state == "done"
    assert job.id.endswith("-check")
    assert "hello" in job.log_tail()


def test_the_named_job_folder_is_used(project, tmp_path):
    with working("check", project.folder, events=Events.json, job=tmp_path / "mine"):
        pass
    assert Job.open(tmp_path / "mine").status().state == "done"
    assert list_jobs(project.folder) == []


def test_without_a_project_nothing_is_kept(tmp_path):
    with working("check", tmp_path, events=Events.json, job=None):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_failure_reaches_the_job_given_even_when_there_is_no_project(tmp_path):
    with pytest.raises(MedOptError), working("check", tmp_path, events=Events.json, job=tmp_path / "j"):
        raise MedOptError("not a MedOpt project")
    assert Job.open(tmp_path / "j").status().error == "not a MedOpt project."


def test_work_that_polls_ends_as_stopped(project, capsys):
    def body() -> None:
        with working("train", project.folder, events=Events.json, job=None) as work:
            stop = work.stop.polling()
            os.kill(os.getpid(), signal.SIGTERM)
            while not stop.requested():
                time.sleep(0.01)

    with pytest.raises(Stopped):
        body()
    assert list_jobs(project.folder)[0].status().state == "stopped"
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["state"] == "stopped"


def test_a_missing_package_of_the_worker_is_explained():
    with (
        pytest.raises(MedOptError, match=r"the package torch is not installed.*medopt\[worker\]"),
        showing(Events.json),
    ):
        raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")
    with pytest.raises(ModuleNotFoundError), showing(Events.json):
        raise ModuleNotFoundError("No module named 'medopt.nothing'", name="medopt.nothing")


def test_exit_codes(capsys):
    def fail(error: BaseException) -> None:
        raise error

    with pytest.raises(typer.Exit) as told:
        guarded(fail)(MedOptError("no split"))
    assert told.value.exit_code == 1
    assert capsys.readouterr().err == "Error: no split.\n"
    with pytest.raises(typer.Exit) as stopped:
        guarded(fail)(KeyboardInterrupt())
    assert stopped.value.exit_code == 130
    with pytest.raises(ZeroDivisionError):
        guarded(fail)(ZeroDivisionError())


def test_paragraphs_of_help_are_unwrapped_and_examples_stay():
    assert unwrapped("A\n    b.\n\n    \b\n    Example:\n      c\n") == "A b.\n\n\b\nExample:\n  c"
