"""The files of a job's folder, and reading them without ever failing.

============== ======================= ========================================================================
file           written by              holds
============== ======================= ========================================================================
start.json     who starts the job      ``command``, ``created``; ``process`` of the started process once known
job.json       the worker              ``attempt``, ``command``, ``started``, ``process``, ``group``; its time of
                                       change is renewed while the worker lives
events.jsonl   the worker              one event a line (see :mod:`medopt.events`)
log.txt        both                    lines for people; the trace of a fault; what the process printed
stop           who wants it to stop    nothing; that it exists is the request
exit.json      the worker (or cancel)  ``attempt``, ``state``, ``exit_code``, ``error``, ``ended``
============== ======================= ========================================================================

``command`` is the name of the sub-command alone: its arguments may be paths that name a person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, get_args

from medopt.files import write_json
from medopt.jobs.process import ProcessMark

EndState = Literal["done", "stopped", "failed"]

START, JOB, EVENTS, LOG, STOP, EXIT = "start.json", "job.json", "events.jsonl", "log.txt", "stop", "exit.json"


@dataclass(frozen=True)
class StartRecord:
    """That a job was asked for, when (ISO 8601, UTC), and the process that was started for it."""

    command: str
    created: str
    process: ProcessMark | None = None

    def save(self, folder: Path) -> None:
        """Write start.json."""
        process = None if self.process is None else self.process.to_json()
        write_json(folder / START, {"command": self.command, "created": self.created, "process": process})

    @staticmethod
    def read(folder: Path) -> StartRecord | None:
        """From start.json; None when it is missing or damaged."""
        value = _read(folder / START)
        if value is None:
            return None
        return StartRecord(
            _text(value, "command") or "", _text(value, "created") or "", ProcessMark.from_json(value.get("process"))
        )


@dataclass(frozen=True)
class JobRecord:
    """A worker at work: which attempt on this folder, what, since when, which process and process group (POSIX)."""

    attempt: str
    command: str
    started: str
    process: ProcessMark
    group: int | None

    def save(self, folder: Path) -> None:
        """Write job.json."""
        write_json(
            folder / JOB,
            {
                "format": 1,
                "attempt": self.attempt,
                "command": self.command,
                "started": self.started,
                "process": self.process.to_json(),
                "group": self.group,
            },
        )

    @staticmethod
    def read(folder: Path) -> JobRecord | None:
        """From job.json; None when it is missing or damaged."""
        value = _read(folder / JOB)
        process = None if value is None else ProcessMark.from_json(value.get("process"))
        if value is None or process is None:
            return None
        group = value.get("group")
        return JobRecord(
            _text(value, "attempt") or "",
            _text(value, "command") or "",
            _text(value, "started") or "",
            process,
            group if isinstance(group, int) else None,
        )


@dataclass(frozen=True)
class ExitRecord:
    """How an attempt ended; ``attempt`` is empty when no worker had come to write its job.json."""

    attempt: str
    state: EndState
    exit_code: int | None
    error: str | None
    ended: str

    def save(self, folder: Path) -> None:
        """Write exit.json."""
        write_json(
            folder / EXIT,
            {
                "attempt": self.attempt,
                "state": self.state,
                "exit_code": self.exit_code,
                "error": self.error,
                "ended": self.ended,
            },
        )

    @staticmethod
    def read(folder: Path) -> ExitRecord | None:
        """From exit.json; None when it is missing or damaged."""
        value = _read(folder / EXIT)
        if value is None or value.get("state") not in get_args(EndState):
            return None
        code = value.get("exit_code")
        return ExitRecord(
            _text(value, "attempt") or "",
            value["state"],
            code if isinstance(code, int) else None,
            _text(value, "error"),
            _text(value, "ended") or "",
        )


def now() -> str:
    """This moment as ISO 8601 in UTC, to the millisecond."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _text(value: dict[str, Any], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) else None
