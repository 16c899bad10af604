"""What a command shows: events as progress bars, lines and tables for people, or as JSON lines for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from medopt.cli.options import Events
from medopt.events import JsonLines, Reporter, validation_score
from medopt.jobs import describe_event

PLAIN_WIDTH = 140
"""Columns of a table when the output is no terminal."""

PLAIN_INTERVAL_SECONDS = 30.0
"""How often progress is told by a line when the output is no terminal."""


@contextmanager
def open_output(events: Events) -> Iterator[Reporter]:
    """The reporter that shows events on standard output in the form that the user chose."""
    if events is Events.json:
        yield JsonLines(sys.stdout)
        return
    output = TextOutput()
    try:
        yield output
    finally:
        output.close()


class TextOutput:
    """Shows events to a person: a bar with the time left for each stage in a terminal, lines elsewhere.

    A "result" event may carry ``rows``, a list of flat objects, which becomes a table.
    """

    def __init__(self) -> None:
        from rich.console import Console

        console = Console(highlight=False, markup=False, soft_wrap=True)
        self._console = console if console.is_terminal else Console(highlight=False, markup=False, width=PLAIN_WIDTH)
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._told: dict[str, float] = {}
        self._finished: set[str] = set()

    def emit(self, kind: str, **fields: Any) -> None:
        """Show one event."""
        if kind == "progress":
            self._progress(fields)
        elif kind == "metric":
            self._metric(fields)
        elif kind == "result" and fields.get("rows") is not None:
            self._table(str(fields.get("title", "")), fields["rows"])
        elif kind not in ("started", "finished"):
            text = describe_event(kind, fields)
            if text:
                self._line(text[:1].upper() + text[1:] if kind == "result" else text, warn=fields.get("level"))

    def close(self) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def _line(self, text: str, warn: object = None) -> None:
        self._console.print(text, style="yellow" if warn in ("warning", "error") else None, soft_wrap=True)

    def _metric(self, fields: dict[str, Any]) -> None:
        text = describe_event("metric", fields)
        if text and (validation_score(fields) is not None or self._bars is None):
            self._line(text)

    def _progress(self, fields: dict[str, Any]) -> None:
        stage, done, total = str(fields.get("stage")), fields.get("done") or 0, fields.get("total") or 0
        if done >= total:
            if stage not in self._finished:  # work measured in time may tell its end more than once
                self._finish(stage, fields)
            self._finished.add(stage)
            return
        self._finished.discard(stage)
        if self._console.is_terminal:
            self._bar(stage, done, total, fields)
        elif self._told.setdefault(stage, time.monotonic()) + PLAIN_INTERVAL_SECONDS <= time.monotonic():
            self._told[stage] = time.monotonic()
            left = fields.get("remaining_s")
            self._line(
                f"{stage}: {done} of {total} {fields.get('unit', '')}" + (f", {duration(left)} left" if left else "")
            )

    def _finish(self, stage: str, fields: dict[str, Any]) -> None:
        if stage in self._tasks and self._bars is not None:
            self._bars.remove_task(self._tasks.pop(stage))
        if fields.get("total"):
            elapsed = duration(float(fields.get("elapsed_s") or 0))
            self._line(f"{stage}: {fields['total']} {fields.get('unit', '')} in {elapsed}")

    def _bar(self, stage: str, done: int, total: int, fields: dict[str, Any]) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        if self._bars is None:
            columns = "{task.description}", BarColumn(), "{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}"
            texts = [TextColumn(column, markup=False) if isinstance(column, str) else column for column in columns]
            self._bars = Progress(*texts, TextColumn("{task.fields[left]}", markup=False), console=self._console)
            self._bars.start()
        left = fields.get("remaining_s")
        shown = {"unit": fields.get("unit", ""), "left": "" if left is None else f"{duration(left)} left"}
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total, completed=done, **shown)
        self._bars.update(self._tasks[stage], total=total, completed=done, **shown)

    def _table(self, title: str, rows: Sequence[dict[str, Any]]) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        if not rows:
            self._line(f"{title}: none")
            return
        table = Table(title=title or None, title_justify="left", box=SIMPLE_HEAD)
        keys = dict.fromkeys(key for row in rows for key in row)
        for key in keys:
            numeric = all(isinstance(row.get(key), (int, float, type(None))) for row in rows)
            table.add_column(key, justify="right" if numeric else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_cell(row.get(key)) for key in keys))
        self._console.print(table)


def duration(seconds: float) -> str:
    """Seconds as a person says them: "8 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
