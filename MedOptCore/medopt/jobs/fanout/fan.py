"""Running independent tasks to their ends, wherever; a failing one stops no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.jobs.fanout.place import Attempt, Place
from medopt.jobs.fanout.task import FanResult, FanTask, ResultState
from medopt.jobs.job import list_jobs

LOOK_SECONDS = 0.2
TOLD_EVERY_S = 2.0
"""How often the standing of a running task is told, at most."""
STAMP = len("20260101-000000-000000-")
"""What stands before the task's name in the name of a job's folder."""


class Asked(Protocol):
    """Whether the user asked to stop."""

    def requested(self) -> bool:
        """Never blocks."""
        ...


@dataclass
class _Running:
    task: FanTask
    attempt: Attempt
    slot: int
    number: int
    began: float
    offset: int = 0
    told: float = 0.0


class FanOut:
    """Runs tasks as jobs of a project, so that ``medopt jobs`` and panels see each of them.

    Parameters
    ----------
    project_folder : whose jobs they are
    place : where they run, and how many at once
    retries : how often a task whose process vanished (killed, preempted, node down) is started again; tasks go on where
        they were, so that costs little. A task that told an error is not repeated: it would tell the same
    stage : what the tasks are called in the progress
    reporter : is told "task" events (``name``, ``state``, ``stage``, ``done``, ``total``, ``remaining_s`` and the last
        numbers of training), messages and the progress of the whole
    stop : when it is asked, running tasks are ended, with ``grace_s`` seconds to save their state, and no more started

    A task whose job lives on from an earlier process that was killed is attached to, not started twice.
    """

    def __init__(
        self,
        project_folder: Path,
        place: Place,
        *,
        retries: int = 2,
        stage: str = "tasks",
        reporter: Reporter | None = None,
        stop: Asked | None = None,
        grace_s: float = 60.0,
    ) -> None:
        self._folder, self._place, self._retries, self._stage = project_folder, place, retries, stage
        self._reporter, self._stop, self._grace = reporter or Silence(), stop, grace_s
        self._limit = place.workers

    def run(self, tasks: Sequence[FanTask]) -> list[FanResult]:
        """Run all; their results in the order given. Raises MedOptError when two tasks have one name."""
        names = [task.name for task in tasks]
        if len(set(names)) < len(names):
            raise MedOptError("two tasks have the same name", found=", ".join(sorted(names)))
        progress = Progress(self._reporter, self._stage, len(tasks), unit=self._stage)
        results: dict[str, FanResult] = {}
        running = self._living(tasks)
        waiting = [task for task in tasks if task.name not in {one.task.name for one in running}]
        starts = {one.task.name: one.began for one in running}
        while running or waiting:
            if self._stop is not None and self._stop.requested():
                results |= self._end(running, waiting, starts)
                break
            while waiting and len(running) < self._limit and self._place.has_room(waiting[0], len(running)):
                running.append(self._started(waiting.pop(0), running, 1, starts))
            for one in list(running):
                state, error = one.attempt.state()
                self._tell(one, state)
                if state == "waiting" or state == "running":
                    continue
                running.remove(one)
                if state == "lost" and one.number <= self._retries:
                    self._again(one, error, len(running))
                    running.append(self._started(one.task, running, one.number + 1, starts))
                    continue
                seconds = time.monotonic() - starts[one.task.name]
                folder = one.attempt.job.folder
                results[one.task.name] = FanResult(one.task.name, state, one.number, round(seconds, 2), error, folder)
                if state != "done":
                    text = f"{one.task.name}: {state}" + (f": {error}" if error else "")
                    self._reporter.emit("message", level="warning", text=text)
                progress.advance()
            time.sleep(LOOK_SECONDS)
        return [results[name] for name in names]

    # ---- parts of it -------------------------------------------------------------------------------------------

    def _living(self, tasks: Sequence[FanTask]) -> list[_Running]:
        """Tasks whose jobs are at work already."""
        wanted = {task.name: task for task in tasks}
        found: list[_Running] = []
        for job in list_jobs(self._folder):
            task = wanted.get(job.id[STAMP:])
            attempt = None if task is None else self._place.attach(job)
            if task is not None and attempt is not None:
                del wanted[task.name]
                self._reporter.emit("message", level="info", text=f"{task.name} is at work already; followed")
                found.append(_Running(task, attempt, len(found), 1, time.monotonic()))
        return found

    def _started(self, task: FanTask, running: Sequence[_Running], number: int, starts: dict[str, float]) -> _Running:
        taken = {one.slot for one in running}
        slot = next(n for n in range(len(taken) + 1) if n not in taken)
        starts.setdefault(task.name, time.monotonic())
        return _Running(task, self._place.start(task, self._folder, slot), slot, number, time.monotonic())

    def _again(self, one: _Running, error: str | None, others: int) -> None:
        text = f"{one.task.name}: {error or 'its process vanished'}; started again ({one.number} of {self._retries})"
        self._reporter.emit("message", level="warning", text=text)
        if others and self._place.shares_memory:  # a process that vanishes beside others most often lacked memory
            self._limit = max(1, self._limit - 1)
            self._reporter.emit("message", level="warning", text=f"From now on {self._limit} at once")

    def _tell(self, one: _Running, state: str) -> None:
        """Pass on where the task stands, when there is news."""
        if time.monotonic() - one.told < TOLD_EVERY_S and state in ("waiting", "running"):
            return
        events, one.offset = one.attempt.job.events(one.offset)
        fields: dict[str, object] = {}
        for event in events:
            if event["kind"] == "progress":
                fields |= {key: event.get(key) for key in ("stage", "done", "total", "unit", "remaining_s")}
            elif event["kind"] == "metric":
                fields |= {key: value for key, value in event.items() if key not in ("kind", "time")}
        if fields or one.told == 0.0 or state not in ("waiting", "running"):
            self._reporter.emit("task", name=one.task.name, state=state, attempt=one.number, **fields)
        one.told = time.monotonic()

    def _end(
        self, running: Sequence[_Running], waiting: Sequence[FanTask], starts: dict[str, float]
    ) -> dict[str, FanResult]:
        """End what runs, all at once, so that the grace time counts once."""
        threads = [threading.Thread(target=one.attempt.cancel, args=(self._grace,)) for one in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = {}
        for one in running:
            state, error = one.attempt.state()
            known: ResultState = state if state == "done" or state == "failed" else "stopped"
            seconds = round(time.monotonic() - starts[one.task.name], 2)
            ended[one.task.name] = FanResult(one.task.name, known, one.number, seconds, error, one.attempt.job.folder)
        return ended | {task.name: FanResult(task.name, "stopped", 0, 0.0) for task in waiting}
