"""Fanning out: a failing task stops no other, a vanished one goes on, and nothing is started twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.events import Collector
from medopt.jobs import StopRequest, list_jobs
from medopt.jobs.fanout import FanOut, FanTask, Here
from medopt.jobs.record import JobRecord

from .conftest import PROGRAM, until

Make = Callable[..., FanTask]


def times(folder: Path, name: str) -> tuple[float, float]:
    began, ended, *_ = (folder / f"{name}.txt").read_text().split()
    return float(began), float(ended)


def test_one_worker_runs_one_after_another_and_two_side_by_side(folder: Path, task: Make) -> None:
    told = Collector()
    first = FanOut(folder, Here(1, python=PROGRAM), stage="folds", reporter=told)
    results = first.run([task("a", "note"), task("b", "note")])
    assert [(r.name, r.state, r.attempts) for r in results] == [("a", "done", 1), ("b", "done", 1)]
    assert times(folder, "a")[1] <= times(folder, "b")[0]
    progress = [e for e in told.events if e["kind"] == "progress"]
    assert (progress[-1]["stage"], progress[-1]["done"], progress[-1]["total"]) == ("folds", 2, 2)
    last = [e for e in told.events if e["kind"] == "task" and e["name"] == "a"][-1]
    assert (last["state"], last["done"], last["total"], last["validation_dice"]) == ("done", 3, 9, 0.5)

    FanOut(folder, Here(2, python=PROGRAM)).run([task("c", "note"), task("d", "note")])
    (c0, c1), (d0, d1) = times(folder, "c"), times(folder, "d")
    assert max(c0, d0) < min(c1, d1)


def test_a_failing_task_stops_no_other_and_is_not_repeated(folder: Path, task: Make) -> None:
    told = Collector()
    tasks = [task("bad", "refuse"), task("good", "note")]
    bad, good = FanOut(folder, Here(1, python=PROGRAM), reporter=told).run(tasks)
    assert (bad.state, bad.attempts, good.state) == ("failed", 1, "done")
    assert bad.error is not None
    assert "case 12: label and image lie on different grids" in bad.error
    assert (folder / "bad.txt").read_text() == "1"
    assert any("bad: failed" in e.get("text", "") for e in told.events)


def test_a_vanished_task_is_started_again(folder: Path, task: Make) -> None:
    told = Collector()
    tasks = [task("once", "vanish_once"), task("always", "vanish")]
    once, always = FanOut(folder, Here(2, python=PROGRAM), retries=2, reporter=told).run(tasks)
    assert (once.state, once.attempts) == ("done", 2)
    assert (always.state, always.attempts) == ("lost", 3)
    assert (folder / "always.txt").read_text() == "3"
    assert any("From now on 1 at once" in e.get("text", "") for e in told.events)


def test_stopping_ends_what_runs_and_begins_nothing_more(folder: Path, task: Make) -> None:
    stop = StopRequest()
    fan = FanOut(folder, Here(1, python=PROGRAM), stop=stop, grace_s=20)
    found: list = []
    thread = threading.Thread(target=lambda: found.extend(fan.run([task("a", "poll"), task("b", "poll")])))
    thread.start()
    until((folder / "a.txt").is_file)
    stop.request()
    thread.join(30)
    assert [(r.name, r.state, r.attempts) for r in found] == [("a", "stopped", 1), ("b", "stopped", 0)]
    assert (folder / "a.saved").read_text() == "saved"
    assert not (folder / "b.txt").exists()


FAN = """
import sys
from pathlib import Path
from medopt.jobs.fanout import FanOut, FanTask, Here
folder = Path(sys.argv[1])
FanOut(folder, Here(1, python=sys.argv[2:])).run([FanTask("a", ("poll", str(folder / "a.txt")))])
"""


def test_a_task_whose_starter_was_killed_is_followed_not_started_twice(folder: Path, task: Make) -> None:
    import medopt

    environment = {**os.environ, "PYTHONPATH": str(Path(medopt.__file__).parents[1])}
    starter = subprocess.Popen([sys.executable, "-c", FAN, str(folder), *PROGRAM], env=environment)
    until(lambda: (folder / "a.txt").is_file() and JobRecord.read(list_jobs(folder)[0].folder))
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    (job,) = list_jobs(folder)
    assert job.status().state == "running"
    told = Collector()
    threading.Timer(0.5, (folder / "enough").touch).start()
    (result,) = FanOut(folder, Here(1, python=PROGRAM), reporter=told).run([task("a", "poll")])
    assert (result.state, result.job) == ("done", job.folder)
    assert (folder / "a.txt").read_text() == "1"
    assert len(list_jobs(folder)) == 1
    assert any("a is at work already; followed" in e.get("text", "") for e in told.events)


def test_two_tasks_of_one_name_are_refused(folder: Path, task: Make) -> None:
    with pytest.raises(MedOptError, match="two tasks have the same name"):
        FanOut(folder, Here()).run([task("a", "note"), task("a", "note")])


def test_nothing_to_do(folder: Path) -> None:
    assert FanOut(folder, Here()).run([]) == []
