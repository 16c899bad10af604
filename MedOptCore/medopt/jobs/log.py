"""The job's log: what a person reads who wants to know what happened."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medopt.events import validation_score
from medopt.files import unwritable
from medopt.jobs.record import now

LOSSES = ("train_loss", "validation_loss")


class LogFile(logging.Handler):
    """Appends dated lines to log.txt, from events and from Python's logging alike.

    ``hide`` is applied to each text before it is written; it takes out what must not be kept.
    """

    def __init__(self, path: Path, hide: Callable[[str], str]) -> None:
        super().__init__(level=logging.INFO)
        self._path, self._hide, self._write_lock = path, hide, threading.Lock()
        self._finished: set[str] = set()
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))

    def line(self, text: str) -> None:
        """Append ``text``, which may have several lines; raises MedOptError when the disk is full."""
        try:
            with self._write_lock, open(self._path, "a", encoding="utf-8", errors="replace") as stream:
                stream.write(f"{now()[:19]}Z {self._hide(text)}\n")
        except OSError as error:
            raise unwritable(self._path, error) from error

    def event(self, kind: str, fields: dict[str, Any]) -> None:
        """Append the line that tells an event to a person; progress is told when a stage begins and when it ends."""
        if kind == "progress" and self._told_already(
            str(fields.get("stage")), fields.get("done") == fields.get("total")
        ):
            return
        text = describe_event(kind, fields)
        if text:
            self.line(text)

    def _told_already(self, stage: str, finished: bool) -> bool:
        """Whether the end of ``stage`` was told; work measured in time may tell it more than once."""
        told = finished and stage in self._finished
        (self._finished.add if finished else self._finished.discard)(stage)
        return told

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record of Python's logging."""
        self.line(self.format(record))


def describe_event(kind: str, fields: dict[str, Any]) -> str:
    """One event as a line for people; empty for an event that is not worth a line."""
    if kind == "progress":
        done, total, unit = fields.get("done"), fields.get("total"), fields.get("unit", "")
        if done == total:
            return f"{fields.get('stage')}: {total} {unit} in {fields.get('elapsed_s')} s"
        return f"{fields.get('stage')}: {done} of {total} {unit}" if fields.get("remaining_s") is None else ""
    if kind == "metric":
        shown = [f"{key.replace('_', ' ')} {fields[key]:.4g}" for key in LOSSES if _is_number(fields.get(key))]
        score = validation_score(fields)
        if score is not None and score.value is not None:
            shown.append(f"validation {score.metric} {score.value:.4g}")
        place = ", ".join(f"{key} {fields[key]}" for key in ("step", "epoch") if fields.get(key) is not None)
        return f"{place}: {', '.join(shown)}" if shown else ""
    if kind == "message":
        level = fields.get("level", "info")
        return str(fields.get("text", "")) if level == "info" else f"{level}: {fields.get('text', '')}"
    if kind == "result" and isinstance(fields.get("rows"), (list, tuple)):
        return f"{fields.get('title', 'result')}: {len(fields['rows']) or 'no'} rows"
    if kind == "result":
        return f"{fields.get('title', 'result')}: {fields.get('path', '')}".rstrip(": ")
    if kind == "started":
        facts = [f"{name} {fields[name]}" for name in ("run", "device") if fields.get(name)]
        return ", ".join([f"started: {fields.get('command', '')}", *facts])
    if kind == "finished":
        return f"{fields.get('state')}" + (f": {fields['error']}" if fields.get("error") else "")
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
