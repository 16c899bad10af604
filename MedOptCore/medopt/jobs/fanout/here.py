"""Tasks on this machine: each a process of its own, with its share of cores, memory and GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medopt.errors import MedOptError
from medopt.jobs.fanout.place import AttemptState
from medopt.jobs.fanout.resources import available_memory, threads_each
from medopt.jobs.fanout.task import FanTask
from medopt.jobs.job import Job, new_job_folder
from medopt.jobs.process import is_here
from medopt.jobs.record import JobRecord, StartRecord
from medopt.jobs.start import interpreter, start_job


@dataclass(frozen=True)
class LocalAttempt:
    """A job on this machine."""

    job: Job

    def state(self) -> tuple[AttemptState, str | None]:
        """As its folder tells."""
        status = self.job.status()
        return ("running" if status.state == "starting" else status.state), status.error

    def cancel(self, grace_s: float) -> None:
        """End the process and all that it started."""
        self.job.cancel(grace_s)


@dataclass(frozen=True)
class Here:
    """Runs tasks on this machine; with one worker, one after another.

    A worker has an equal share of the cores, and of ``devices`` (as in CUDA_VISIBLE_DEVICES) the one of its slot in
    turn. A task waits while less memory is free than it says it needs, unless no other task runs.
    """

    workers: int = 1
    devices: tuple[str, ...] = ()
    python: Sequence[str] | None = None
    shares_memory: bool = True

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise MedOptError("no worker", expected="1 or more at once", found=str(self.workers))

    def has_room(self, task: FanTask, running: int) -> bool:
        """Whether enough memory is free."""
        free = available_memory()
        return running == 0 or free is None or free >= task.memory

    def start(self, task: FanTask, project_folder: Path, slot: int) -> LocalAttempt:
        """Start it as a job of the project."""
        device = self.devices[slot % len(self.devices)] if self.devices else "-"
        limits = ["-m", "medopt.jobs.fanout.limited", str(threads_each(self.workers)), device]
        folder = new_job_folder(project_folder, task.name)
        return LocalAttempt(start_job(task.arguments, folder, python=[*(self.python or interpreter()), *limits]))

    def attach(self, job: Job) -> LocalAttempt | None:
        """A job that lives on after the process that started it was killed."""
        if job.status().ended_or_lost:
            return None
        record = JobRecord.read(job.folder) or StartRecord.read(job.folder)
        mark = None if record is None else record.process
        return LocalAttempt(job) if mark is not None and is_here(mark) else None
