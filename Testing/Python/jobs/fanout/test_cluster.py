"""Tasks through submitit, whose local executor behaves like a queue."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.events import Collector
from medopt.jobs import list_jobs
from medopt.jobs.fanout import Cluster, ClusterSettings, FanOut, FanTask
from medopt.jobs.process import process_table

from .conftest import PROGRAM, until

submitit = pytest.importorskip("submitit", reason="submitit is not installed")
Make = Callable[..., FanTask]


def cluster(**more: object) -> Cluster:
    return Cluster(ClusterSettings(minutes=1, cores=1, memory_gb=1), kind="local", python=PROGRAM, **more)  # type: ignore[arg-type]


def test_done_failed_and_vanished_tasks(folder: Path, task: Make) -> None:
    told = Collector()
    tasks = [task("good", "note"), task("bad", "refuse"), task("once", "vanish_once")]
    good, bad, once = FanOut(folder, cluster(), retries=1, reporter=told).run(tasks)
    assert (good.state, good.attempts) == ("done", 1)
    assert (bad.state, bad.attempts) == ("failed", 1)
    assert "different grids" in str(bad.error)
    assert (once.state, once.attempts) == ("done", 2)
    assert {job.status().command for job in list_jobs(folder)} == {"note", "refuse", "vanish_once"}
    assert any(e["kind"] == "task" and e.get("validation_dice") == 0.5 for e in told.events)


def test_preempted_work_saves_and_is_queued_again_in_the_same_job(folder: Path, task: Make) -> None:
    attempt = cluster().start(task("a", "poll"), folder, 0)
    until((folder / "a.txt").is_file)
    time.sleep(0.2)
    assert attempt.state()[0] == "running"
    (worker,) = [facts.pid for facts in process_table() if facts.parent == int(attempt.queued.job_id)]
    os.kill(worker, signal.SIGUSR2)  # what a queue sends before it takes the node back
    until(lambda: (folder / "a.txt").read_text() == "2")
    assert (folder / "a.saved").read_text() == "saved"
    (folder / "enough").touch()
    until(lambda: attempt.state()[0] == "done")
    assert len(list_jobs(folder)) == 1
    texts = [e["kind"] for e in attempt.job.events()[0]]
    assert texts.count("started") == 2


def test_cancelled_work_ends_well(folder: Path, task: Make) -> None:
    attempt = cluster().start(task("a", "poll"), folder, 0)
    until(lambda: attempt.job.status().state == "running" and (folder / "a.txt").is_file())
    attempt.cancel(20)
    until(lambda: attempt.state()[0] == "stopped")
    assert (folder / "a.saved").read_text() == "saved"


def test_without_slurm_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(MedOptError, match=r"this machine has no SLURM.*login node"):
        Cluster()


def test_what_is_asked_of_the_queue() -> None:
    settings = ClusterSettings(minutes=30, gpus=1, partition="short", more={"slurm_constraint": "a100"})
    found = settings.parameters("slurm")
    assert (found["timeout_min"], found["gpus_per_node"], found["slurm_partition"]) == (30, 1, "short")
    assert found["slurm_constraint"] == "a100"
    assert "slurm_partition" not in settings.parameters("local")
