"""A job as seen from outside: its state, events and log, waiting for it, ending it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from medopt.errors import MedOptError
from medopt.events import Event, read_events
from medopt.files import unwritable, write_bytes
from medopt.jobs.process import (
    ProcessFacts,
    ProcessMark,
    ask_to_end,
    family,
    is_alive,
    is_here,
    kill_all,
    kill_tree_windows,
    process_table,
    uses_signals,
)
from medopt.jobs.record import EVENTS, EXIT, JOB, LOG, START, STOP, ExitRecord, JobRecord, StartRecord, now

State = Literal["starting", "running", "done", "stopped", "failed", "lost"]

START_PATIENCE_SECONDS = 60.0
"""How long a job without a known process may be "starting" before it counts as lost."""

HEARTBEAT_PATIENCE_SECONDS = 300.0
"""How old job.json may grow before a worker on another machine counts as lost; clocks may differ a little."""

LOG_TAIL_BYTES = 1 << 20
"""How much of the end of a log is read for its last lines."""

LOOK_SECONDS = 0.1
"""How often a wait looks at the job."""


@dataclass(frozen=True)
class JobStatus:
    """How a job stands. Times are ISO 8601 in UTC, empty fields None; ``command`` is the sub-command's name."""

    state: State
    command: str
    started: str | None = None
    ended: str | None = None
    error: str | None = None
    exit_code: int | None = None

    @property
    def ended_or_lost(self) -> bool:
        """Whether nothing more will come."""
        return self.state not in ("starting", "running")


@dataclass(frozen=True)
class Job:
    """A job's folder, looked at from any process, at any time, while it runs or after."""

    folder: Path

    @staticmethod
    def open(folder: str | Path) -> Job:
        """The job in ``folder``; it may still be starting. Raises MedOptError when this is no job folder."""
        folder = Path(folder)
        if not any((folder / name).exists() for name in (START, JOB, EXIT)):
            raise MedOptError("not a job folder", where=folder, expected=f"{START} or {JOB} in it")
        return Job(folder)

    @property
    def id(self) -> str:
        """The folder's name, which begins with the time at which the job was asked for."""
        return self.folder.name

    def status(self) -> JobStatus:
        """How the job stands now; damaged files count as missing, nothing is raised."""
        record = JobRecord.read(self.folder)
        if record is None:
            return self._status_without_worker()
        alive = _seems_alive(record.process, self.folder / JOB)
        ended = ExitRecord.read(self.folder)  # read last: a worker writes it before it ends
        if ended is not None and ended.attempt == record.attempt:
            return JobStatus(ended.state, record.command, record.started, ended.ended, ended.error, ended.exit_code)
        if alive:
            return JobStatus("running", record.command, record.started)
        error = "the worker ended without a word (killed, out of memory, or the machine went down); see the log"
        return JobStatus("lost", record.command, record.started, error=error)

    def events(self, offset: int = 0) -> tuple[list[Event], int]:
        """Events from byte ``offset`` of events.jsonl on, and the offset for the next call."""
        try:
            return read_events(self.folder / EVENTS, offset)
        except OSError:
            return [], offset

    def log_tail(self, lines: int = 50) -> str:
        """The last ``lines`` lines of the log, of its last MiB at most; empty when there is none yet."""
        try:
            with open(self.folder / LOG, "rb") as stream:
                stream.seek(max(0, stream.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
                text = stream.read().decode("utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:]) if lines > 0 else ""

    def wait(self, timeout: float | None = None) -> JobStatus:
        """Wait until the job has ended or ``timeout`` seconds have passed; the status then."""
        return self._wait_until(lambda status: status.ended_or_lost, timeout)

    def cancel(self, grace_s: float = 30.0) -> JobStatus:
        """End the job and every process it started; the status afterwards. Nothing happens to an ended job.

        The worker is asked first (SIGTERM; the ``stop`` file where signals do not reach) and has ``grace_s`` seconds
        to end well: training saves a checkpoint and ends as "stopped". Then whatever is left of its process group and
        its descendants is killed. A worker on another machine can only be asked; its status may still be "running".
        """
        status = self.status()
        if status.ended_or_lost:
            return status
        mark, group = self._process()
        if mark is None or not is_here(mark) or not uses_signals():
            write_bytes(self.folder / STOP, b"")
            status = self.wait(grace_s)
            if status.ended_or_lost or mark is None or not is_here(mark):
                return status
            kill_tree_windows(mark.pid)
        else:
            members = family(mark.pid, group, process_table())
            ask_to_end(mark.pid)
            self._wait_until(lambda _: not is_alive(mark), grace_s)
            self._kill(members, mark, group)
        status = self._wait_until(lambda status: status.ended_or_lost, grace_s)
        if status.state in ("lost", "starting", "running"):
            record = JobRecord.read(self.folder)
            ExitRecord("" if record is None else record.attempt, "stopped", None, None, now()).save(self.folder)
        return self.status()

    def _kill(self, members: list[ProcessFacts], mark: ProcessMark, group: int | None) -> None:
        """Kill what is left of the family, again until no new member has appeared meanwhile."""
        for _ in range(5):
            fresh = {facts.pid: facts for facts in family(mark.pid, group, process_table()) if facts.started}
            everyone = {**{facts.pid: facts for facts in members}, **fresh}
            kill_all(everyone.values())
            members = [
                facts for facts in everyone.values() if is_alive(ProcessMark(facts.pid, facts.started, mark.place))
            ]
            if not members and not fresh:
                return
            time.sleep(LOOK_SECONDS)

    def _status_without_worker(self) -> JobStatus:
        start = StartRecord.read(self.folder)
        command = "" if start is None else start.command
        began = None if start is None else start.created or None
        if start is not None and start.process is not None:
            alive = _seems_alive(start.process, self.folder / START)
        else:
            alive = _age(self.folder / START, self.folder) < START_PATIENCE_SECONDS
        if JobRecord.read(self.folder) is not None:  # the worker has come while we looked
            return self.status()
        ended = ExitRecord.read(self.folder)
        if ended is not None and ended.attempt == "":
            return JobStatus(ended.state, command, began, ended.ended, ended.error, ended.exit_code)
        if alive:
            return JobStatus("starting", command, began)
        return JobStatus("lost", command, began, error="the worker never came up; see the log")

    def _process(self) -> tuple[ProcessMark | None, int | None]:
        """The worker's process and the group that ends with it, or those of the process started for it."""
        record = JobRecord.read(self.folder)
        if record is not None:
            return record.process, record.group
        start = StartRecord.read(self.folder)
        if start is None or start.process is None:
            return None, None
        return start.process, start.process.pid

    def _wait_until(self, enough: Callable[[JobStatus], bool], timeout: float | None) -> JobStatus:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            status = self.status()
            if enough(status) or (until is not None and time.monotonic() >= until):
                return status
            time.sleep(LOOK_SECONDS)


def list_jobs(project_folder: str | Path) -> list[Job]:
    """The jobs of a project, newest first; folders that are no jobs are left out, a missing folder gives none."""
    try:
        folders = sorted((Path(project_folder) / "jobs").iterdir(), key=lambda path: path.name, reverse=True)
    except OSError:
        return []
    return [Job(path) for path in folders if any((path / name).exists() for name in (START, JOB, EXIT))]


def new_job_folder(project_folder: str | Path, command: str) -> Path:
    """Make and return a fresh folder for a job of ``command`` in the project, named by the time, so that names sort."""
    moment = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S-%f")
    folder = Path(project_folder) / "jobs" / f"{moment}-{command}"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir()
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def _seems_alive(mark: ProcessMark, renewed: Path) -> bool:
    """Whether the process runs; on another machine, whether the file that it renews is fresh."""
    if is_here(mark):
        return is_alive(mark)
    return _age(renewed) < HEARTBEAT_PATIENCE_SECONDS


def _age(*candidates: Path) -> float:
    """Seconds since the first of the files that exists was changed; infinite when none exists."""
    for path in candidates:
        try:
            return time.time() - path.stat().st_mtime
        except OSError:
            continue
    return float("inf")
