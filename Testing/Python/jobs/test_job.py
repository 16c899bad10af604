"""Jobs as real processes: followed, waited for, stopped, killed, lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.jobs import Job, list_jobs, new_job_folder
from medopt.jobs.record import JobRecord, StartRecord

from .conftest import process_runs, until


def worker_pid(job: Job) -> int:
    record = JobRecord.read(job.folder)
    assert record is not None
    return record.process.pid


def test_a_job_runs_to_its_end(begin):
    job = begin("count", ready=False)
    status = job.wait(30)
    assert (status.state, status.exit_code, status.error, status.command) == ("done", 0, None, "count")
    assert status.started is not None
    assert status.ended is not None
    assert status.started <= status.ended


def test_a_fresh_job_is_starting_then_running(begin):
    job = begin("poll", ready=False)
    seen = []
    while not seen or seen[-1] == "starting":
        seen.append(job.status().state)
    assert seen[-1] == "running"
    assert set(seen) <= {"starting", "running"}


def test_kill_9_of_the_worker_makes_it_lost(begin):
    job = begin("poll")
    assert job.status().state == "running"
    os.kill(worker_pid(job), signal.SIGKILL)
    status = job.wait(20)
    assert status.state == "lost"
    assert "log" in str(status.error)


def test_cancel_lets_the_worker_save_and_end_as_stopped(begin):
    job = begin("poll")
    status = job.cancel()
    assert (status.state, status.exit_code) == ("stopped", 130)
    assert (job.folder / "checkpoint").read_text() == "saved"


def test_cancel_interrupts_work_that_does_not_poll(begin):
    status = begin("sleep").cancel()
    assert (status.state, status.exit_code) == ("stopped", 130)


def test_cancel_kills_a_stubborn_worker_with_all_its_children(begin):
    job = begin("stubborn")
    pids = [worker_pid(job), *map(int, (job.folder / "children").read_text().split())]
    grandchild = f"ps -A -o pid=,ppid= | awk '$2=={pids[1]} {{print $1}}'"
    until(lambda: subprocess.run(["sh", "-c", grandchild], capture_output=True, text=True, check=True).stdout.strip())
    pids.append(int(subprocess.run(["sh", "-c", grandchild], capture_output=True, text=True, check=True).stdout))
    assert all(process_runs(pid) for pid in pids)
    status = job.cancel(grace_s=0.5)
    assert status.state == "stopped"
    assert [pid for pid in pids if process_runs(pid)] == []


def test_cancel_of_a_worker_that_never_came_up(begin):
    job = begin("mute", ready=False)
    start = StartRecord.read(job.folder)
    assert start is not None
    assert start.process is not None
    pid = start.process.pid
    time.sleep(0.2)
    assert job.status().state == "starting"
    assert job.cancel(grace_s=0.3).state == "stopped"
    assert not process_runs(pid)


def test_cancel_of_an_ended_job_changes_nothing(begin):
    job = begin("count", ready=False)
    before = job.wait(30)
    assert job.cancel() == before
    assert not (job.folder / "stop").exists()


def test_the_stop_file_ends_a_job(begin):
    job = begin("poll")
    (job.folder / "stop").touch()
    assert job.wait(20).state == "stopped"


def test_a_message_for_the_user_is_kept_without_a_trace(begin):
    job = begin("refuse", ready=False)
    status = job.wait(30)
    assert (status.state, status.exit_code) == ("failed", 1)
    assert status.error == "case 12: label and image lie on different grids. Import the label again."
    assert status.error in job.log_tail()


def test_a_fault_leaves_its_trace_in_the_log(begin):
    job = begin("fault", ready=False)
    status = job.wait(30)
    assert status.state == "failed"
    assert str(status.error).startswith("ZeroDivisionError")
    assert "one over nothing" in job.log_tail()
    assert "Traceback" in job.log_tail()
    assert "WARNING medopt.test: about to go wrong" in job.log_tail()


def test_a_worker_that_dies_before_it_reports_is_lost_and_its_words_are_kept(begin):
    job = begin("broken", ready=False)
    assert job.wait(20).state == "lost"
    assert "cannot even begin" in job.log_tail()


def test_another_process_reads_all_events_while_the_job_runs(begin):
    job = begin("count", ready=False)
    program = (
        "import json, sys, time\n"
        "from medopt.jobs import Job\n"
        "job, offset, steps = Job.open(sys.argv[1]), 0, []\n"
        "while True:\n"
        "    ended = job.status().ended_or_lost\n"
        "    events, offset = job.events(offset)\n"
        "    steps += [e['step'] for e in events if e['kind'] == 'metric']\n"
        "    if ended: break\n"
        "print(json.dumps(steps))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(job.folder)], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(answer.stdout) == list(range(100))


def test_the_job_survives_the_death_of_its_starter(tmp_path):
    folder = tmp_path / "jobs" / "j"
    program = (
        "import os, signal, sys\n"
        "from medopt.jobs import start_job\n"
        "start_job(['poll'], sys.argv[1], python=[sys.executable, sys.argv[2]])\n"
        "os.killpg(0, signal.SIGKILL)\n"
    )
    worker = Path(__file__).with_name("worker_program.py")
    starter = subprocess.run(
        [sys.executable, "-c", program, str(folder), str(worker)], start_new_session=True, check=False
    )
    assert starter.returncode == -signal.SIGKILL
    job = Job.open(folder)
    until(lambda: any(event.get("text") == "ready" for event in job.events()[0]))
    assert job.cancel().state == "stopped"
    assert (folder / "checkpoint").exists()


def test_damaged_files_never_make_status_raise(begin):
    job = begin("count", ready=False)
    job.wait(30)
    until(lambda: not process_runs(worker_pid(job)))
    for name in ("exit.json", "job.json", "start.json", "events.jsonl", "log.txt"):
        (job.folder / name).write_bytes(b'{"state": \xff\x00 [')
        assert job.status().state in ("lost", "starting")
        job.events()
        job.log_tail()
    for name in ("job.json", "start.json", "exit.json"):
        (job.folder / name).write_text('{"process": [], "attempt": 3, "state": "no such"}')
    old = time.time() - 3600
    os.utime(job.folder / "start.json", (old, old))
    assert job.status().state == "lost"


def test_a_worker_on_another_machine_is_told_by_its_heartbeat(begin):
    job = begin("count", ready=False)
    job.wait(30)
    (job.folder / "exit.json").unlink()
    value = json.loads((job.folder / "job.json").read_text())
    value["process"]["place"] = "elsewhere"
    (job.folder / "job.json").write_text(json.dumps(value))
    assert job.status().state == "running"
    assert job.cancel(grace_s=0).state == "running"
    assert (job.folder / "stop").exists()
    old = time.time() - 3600
    os.utime(job.folder / "job.json", (old, old))
    assert job.status().state == "lost"


def test_a_folder_that_is_no_job(tmp_path):
    with pytest.raises(MedOptError, match=r"not a job folder: expected start\.json or job\.json"):
        Job.open(tmp_path)


def test_jobs_are_listed_newest_first(tmp_path):
    assert list_jobs(tmp_path) == []
    folders = [new_job_folder(tmp_path, name) for name in ("train", "export", "check")]
    assert len({folder.name for folder in folders}) == 3
    for folder in folders:
        StartRecord("x", "").save(folder)
    (tmp_path / "jobs" / "notes").mkdir()
    (tmp_path / "jobs" / "readme.txt").touch()
    assert [job.folder for job in list_jobs(tmp_path)] == folders[::-1]
    assert list_jobs(tmp_path)[0].id == folders[-1].name


def test_log_tail_of_a_missing_log_is_empty(tmp_path):
    assert Job(tmp_path).log_tail() == ""
    (tmp_path / "log.txt").write_text("a\nb\nc\n")
    assert Job(tmp_path).log_tail(2) == "b\nc"
    assert Job(tmp_path).log_tail(0) == ""
