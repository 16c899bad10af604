"""What the tests of fanning out share: tasks of a small program, and an end for whatever is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from medopt.jobs import list_jobs
from medopt.jobs.fanout import FanTask

PROGRAM = (sys.executable, str(Path(__file__).with_name("fan_program.py")))


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for ``condition``; a test that waits in vain fails."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail("the condition did not come true")
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A project's folder; what still runs in it at the end is killed."""
    yield tmp_path
    for job in list_jobs(tmp_path):
        job.cancel(grace_s=0)


@pytest.fixture
def task(tmp_path: Path) -> Callable[..., FanTask]:
    """A task by name and behaviour; it leaves what it has to say in the file of its name."""

    def make(name: str, behaviour: str, **more: int) -> FanTask:
        return FanTask(name, (behaviour, str(tmp_path / f"{name}.txt")), **more)

    return make
