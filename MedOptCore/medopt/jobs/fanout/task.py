"""What is fanned out, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ResultState = Literal["done", "failed", "stopped", "lost"]

GIB = 1 << 30


@dataclass(frozen=True)
class FanTask:
    """A command that depends on no other task, and that goes on where it was when it is repeated.

    Parameters
    ----------
    name : tells it from the other tasks; ends the names of its job folders, so letters, digits, - and _ only
    arguments : of ``medopt``: a sub-command and its own, without ``--job`` and ``--events``
    memory : bytes that should be free before it starts beside others
    """

    name: str
    arguments: tuple[str, ...]
    memory: int = 2 * GIB


@dataclass(frozen=True)
class FanResult:
    """How a task ended.

    Parameters
    ----------
    name : the task's
    state : done; failed (its command told an error); stopped (somebody asked for it, or it was never begun); lost (its
        process vanished more often than it may be tried again)
    attempts : how often it was started; 0 when it never was
    seconds : from its first start to its end, waiting included
    error : what went wrong
    job : the folder of its last job
    """

    name: str
    state: ResultState
    attempts: int
    seconds: float
    error: str | None = None
    job: Path | None = None
