"""The worker's side, in this process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from medopt import MedOptError
from medopt.jobs import Job, Worker, run_in_job
from medopt.jobs.process import mark_of
from medopt.jobs.record import JobRecord


def test_records_events_and_log_of_good_work(tmp_path):
    folder = tmp_path / "project" / "jobs" / "j"
    with run_in_job(folder, "check") as worker:
        worker.reporter.emit("progress", stage="reading", done=0, total=4, unit="cases", elapsed_s=0, remaining_s=None)
        worker.reporter.emit("progress", stage="reading", done=2, total=4, unit="cases", elapsed_s=1, remaining_s=1)
        for _ in range(2):
            worker.reporter.emit("progress", stage="reading", done=4, total=4, unit="cases", elapsed_s=2, remaining_s=0)
        worker.reporter.emit("result", title="Report", path=tmp_path / "r.html")
        assert Job.open(folder).status().state == "running"
    job = Job.open(folder)
    assert job.status().state == "done"
    kinds = [event["kind"] for event in job.events()[0]]
    assert kinds == ["started", "progress", "progress", "progress", "progress", "result", "finished"]
    log = [line.split(" ", 1)[1] for line in job.log_tail().splitlines()]
    assert log == [
        "started: check",
        "reading: 0 of 4 cases",
        "reading: 4 cases in 2 s",
        f"Report: {tmp_path / 'r.html'}",
        "done",
    ]


def test_errors_pass_on_and_are_recorded(tmp_path):
    with pytest.raises(MedOptError, match="no split"), run_in_job(tmp_path / "a", "train"):
        raise MedOptError("no split")
    assert Job.open(tmp_path / "a").status().error == "no split."
    with pytest.raises(KeyError), run_in_job(tmp_path / "b", "train"):
        raise KeyError("oops")
    status = Job.open(tmp_path / "b").status()
    assert (status.state, status.error) == ("failed", "KeyError: an internal error; its trace is in log.txt")
    with pytest.raises(KeyboardInterrupt), run_in_job(tmp_path / "c", "train"):
        raise KeyboardInterrupt
    assert Job.open(tmp_path / "c").status().state == "stopped"


def test_work_that_returns_after_a_request_was_stopped(tmp_path):
    with run_in_job(tmp_path, "train") as worker:
        worker.stop.polling()
        worker.stop.request()
    assert Job.open(tmp_path).status().state == "stopped"


def test_a_folder_whose_job_ended_may_be_used_again(tmp_path):
    with pytest.raises(MedOptError), run_in_job(tmp_path, "train"):
        raise MedOptError("disk full")
    (tmp_path / "stop").touch()
    with open(tmp_path / "events.jsonl", "a") as stream:
        stream.write('{"kind": "metric", "st')  # a kill in the middle of a line
    with run_in_job(tmp_path, "train"):
        assert Job.open(tmp_path).status().state == "running"
        assert not (tmp_path / "stop").exists()
    events = Job.open(tmp_path).events()[0]
    assert [event["kind"] for event in events] == ["started", "finished", "started", "finished"]
    assert Job.open(tmp_path).status().state == "done"


def test_a_request_made_before_the_worker_came_is_kept(tmp_path):
    (tmp_path / "stop").touch()
    with pytest.raises(KeyboardInterrupt), run_in_job(tmp_path, "train"):
        subprocess.run([sys.executable, "-c", "import time; time.sleep(20)"], check=False)
    assert Job.open(tmp_path).status().state == "stopped"


def test_a_folder_where_a_worker_is_at_work_is_refused(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        JobRecord("x", "train", "2026-01-01", mark_of(other.pid), None).save(tmp_path)
        with (
            pytest.raises(MedOptError, match="a worker is at work in this job folder: found process"),
            run_in_job(tmp_path, "train"),
        ):
            pytest.fail("ran beside another worker")
    finally:
        other.kill()
        other.wait()
    with run_in_job(tmp_path, "train"):
        pass


def test_paths_of_input_files_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    images = tmp_path / "from clinic" / "Doe John"

    def work(worker: Worker) -> None:
        worker.reporter.emit("message", level="warning", text=f"{images}/Doe.nii: the file is damaged")
        worker.reporter.emit("message", level="warning", text="scans/Doe/1.nii: no scans found")
        raise MedOptError("no images", where=images)

    with pytest.raises(MedOptError), run_in_job(tmp_path / "j", "import", hidden=[images, "scans/Doe"]) as worker:
        work(worker)
    kept = "".join((tmp_path / "j" / name).read_text() for name in os.listdir(tmp_path / "j"))
    assert "Doe" not in kept
    texts = [event.get("text") for event in Job.open(tmp_path / "j").events()[0] if event["kind"] == "message"]
    assert texts == ["(input): the file is damaged", "(input): no scans found"]
    assert Job.open(tmp_path / "j").status().error == "(input): no images."


def test_numbers_that_json_lacks_become_null(tmp_path):
    with run_in_job(tmp_path, "train") as worker:
        worker.reporter.emit("metric", step=1, train_loss=float("nan"))
    line = (tmp_path / "events.jsonl").read_text().splitlines()[1]
    assert json.loads(line)["train_loss"] is None


def test_an_unwritable_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MedOptError, match="cannot be written"), run_in_job(tmp_path / "file" / "j", "train"):
        pass
