"""Tasks on a SLURM cluster, through submitit (an optional package); its local executor serves tests and dry runs."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import medopt
from medopt.errors import MedOptError
from medopt.files import write_json
from medopt.jobs.fanout import queued as queued_work
from medopt.jobs.fanout.place import AttemptState
from medopt.jobs.fanout.task import FanTask
from medopt.jobs.job import LOOK_SECONDS, Job, new_job_folder
from medopt.jobs.record import STOP, StartRecord, now
from medopt.jobs.start import interpreter

TICKET = "cluster.json"
"""In a job's folder: which queue's job it is, so that another process finds it."""


@dataclass(frozen=True)
class ClusterSettings:
    """What a task asks the queue for.

    Parameters
    ----------
    minutes : its time limit; a task that needs longer is queued again and goes on where it was
    cores, memory_gb, gpus : of each task
    partition, account : of the cluster; its own defaults when None
    more : further parameters of submitit's executor, such as ``slurm_constraint``
    """

    minutes: int = 240
    cores: int = 4
    memory_gb: int = 16
    gpus: int = 0
    partition: str | None = None
    account: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def parameters(self, kind: str) -> dict[str, Any]:
        """As submitit calls them."""
        found: dict[str, Any] = {"timeout_min": self.minutes, "cpus_per_task": self.cores, "mem_gb": self.memory_gb}
        if self.gpus:
            found["gpus_per_node"] = self.gpus
        if kind == "slurm":
            named = {"slurm_partition": self.partition, "slurm_account": self.account}
            found |= {name: value for name, value in named.items() if value is not None}
        return found | self.more


@dataclass(frozen=True)
class ClusterAttempt:
    """A job in the queue."""

    job: Job
    queued: Any
    """submitit's job."""

    def state(self) -> tuple[AttemptState, str | None]:
        """As the queue tells; a worker that was stopped without anybody asking was preempted, so it counts as lost."""
        if not self.queued.done():
            return ("waiting" if self.queued.state.upper() in ("PENDING", "REQUEUED") else "running"), None
        asked = (self.job.folder / STOP).exists()
        failure = self.queued.exception()
        if failure is not None and asked:
            return "stopped", None
        if failure is not None:
            return "lost", f"the queue's job {self.queued.job_id} ended without an answer ({self.queued.state})"
        code, status = self.queued.result(), self.job.status()
        if code == 0 and status.state != "stopped":
            return "done", None
        error = status.error
        if code in (1, 2, queued_work.NO_TRY):
            return "failed", error or f"exit code {code}; see the log of the queue's job {self.queued.job_id}"
        return ("stopped", None) if asked else ("lost", error or "it was stopped by the queue")

    def cancel(self, grace_s: float) -> None:
        """Ask the worker to end well; take the job out of the queue when it has not begun or does not end."""
        (self.job.folder / STOP).touch()
        end = time.monotonic() + grace_s
        while not self.queued.done() and self.state()[0] == "running" and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
        if not self.queued.done():
            self.queued.cancel()


@dataclass(frozen=True)
class Cluster:
    """Runs tasks through submitit.

    Parameters
    ----------
    settings : what each task asks for
    workers : tasks in the queue at once, at most
    kind : "slurm", or "local" for processes here that behave like it

    Raises MedOptError when submitit is not installed or the machine has no SLURM.
    """

    settings: ClusterSettings = ClusterSettings()
    workers: int = 1000
    kind: Literal["slurm", "local"] = "slurm"
    python: Sequence[str] | None = None
    shares_memory: bool = False

    def __post_init__(self) -> None:
        self._library()

    def has_room(self, task: FanTask, running: int) -> bool:
        """Always: the queue waits by itself."""
        return True

    def start(self, task: FanTask, project_folder: Path, slot: int) -> ClusterAttempt:
        """Queue it as a job of the project, whose folder the nodes must share."""
        library = self._library()
        folder = new_job_folder(project_folder, task.name)
        StartRecord(task.arguments[0], now()).save(folder)
        executor = library.AutoExecutor(folder=folder / "queue", cluster=self.kind)
        executor.update_parameters(name=f"medopt-{task.name}", **self.settings.parameters(self.kind))
        pickling = importlib.import_module("cloudpickle")  # comes with submitit
        python = [*(self.python or interpreter()), "-m", "medopt"]
        command = [*python, *task.arguments, "--job", str(folder), "--events", "json"]
        pickling.register_pickle_by_value(queued_work)
        root = str(Path(medopt.__file__).resolve().parents[1])
        queued = executor.submit(queued_work.QueuedWork(command, root))
        write_json(folder / TICKET, {"kind": self.kind, "id": str(queued.job_id)})
        return ClusterAttempt(Job(folder), queued)

    def attach(self, job: Job) -> ClusterAttempt | None:
        """A job that is still in the queue of SLURM."""
        try:
            ticket = json.loads((job.folder / TICKET).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if ticket.get("kind") != "slurm" or self.kind != "slurm":
            return None
        queued = self._library().SlurmJob(folder=job.folder / "queue", job_id=str(ticket.get("id")))
        return None if queued.done(force_check=True) else ClusterAttempt(job, queued)

    def _library(self) -> Any:
        try:
            import submitit
        except ModuleNotFoundError as error:
            raise MedOptError(
                "the package submitit is not installed",
                expected="submitit, which talks to SLURM",
                remedy='Install it with `pip install "medopt[cluster]"`',
            ) from error
        if self.kind == "slurm" and not submitit.SlurmExecutor.affinity() > 0:
            raise MedOptError(
                "this machine has no SLURM",
                expected="the command srun on the search path",
                remedy="Run the command on the cluster's login node, or with a number of jobs at once on this machine",
            )
        return submitit
