"""What the tests of jobs share: workers as real processes, and an own look at which processes run."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from medopt.jobs import Job, start_job

PROGRAM = (sys.executable, str(Path(__file__).with_name("worker_program.py")))


def process_runs(pid: int) -> bool:
    """Whether ``pid`` runs and is no zombie, by ``ps`` and not by the code under test."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for ``condition``; a test that waits in vain fails."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail("the condition did not come true")
        time.sleep(0.02)


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Job]]:
    """Start a worker of ``worker_program.py`` by the behaviour's name; what still runs at the end is killed."""
    jobs: list[Job] = []

    def start(behaviour: str, *, ready: bool = True) -> Job:
        job = start_job([behaviour], tmp_path / "jobs" / f"{len(jobs)}-{behaviour}", python=PROGRAM)
        jobs.append(job)
        if ready:
            until(lambda: any(event.get("text") == "ready" for event in job.events()[0]))
        return job

    yield start
    for job in jobs:
        job.cancel(grace_s=0)
