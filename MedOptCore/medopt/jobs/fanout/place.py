"""Where tasks run: the interface that this machine and a cluster share."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from medopt.jobs.fanout.task import FanTask
from medopt.jobs.job import Job

AttemptState = Literal["waiting", "running", "done", "failed", "stopped", "lost"]


class Attempt(Protocol):
    """One start of a task."""

    job: Job
    """Its folder, with events and log."""

    def state(self) -> tuple[AttemptState, str | None]:
        """How it stands, and what went wrong; "lost" when the process vanished, so that it is worth another try."""
        ...

    def cancel(self, grace_s: float) -> None:
        """End it; it has ``grace_s`` seconds to end well."""
        ...


class Place(Protocol):
    """Something that runs tasks."""

    workers: int
    """How many tasks run at once, at most."""
    shares_memory: bool
    """Whether tasks that run at once may take memory from each other."""

    def has_room(self, task: FanTask, running: int) -> bool:
        """Whether ``task`` may start beside ``running`` others."""
        ...

    def start(self, task: FanTask, project_folder: Path, slot: int) -> Attempt:
        """Start ``task``; ``slot`` is from 0 to ``workers`` - 1 and of no other running task."""
        ...

    def attach(self, job: Job) -> Attempt | None:
        """The attempt behind a job that an earlier process started and that is still at work here; else None."""
        ...
