"""A listener that may fail or be slow without any harm to those that it listens to."""

from __future__ import annotations

import queue
import threading
from types import TracebackType
from typing import Any

from medopt.events import Reporter

WAITING = 10_000
"""Events that wait for a slow tracker; what comes when so many wait is lost to it."""
FAREWELL_S = 10.0
"""Longest wait at the end for what is not delivered yet."""


class Guest:
    """Passes events on to ``tracker`` in a thread of its own, until it fails; then says so once to ``told`` and listens
    no more. ``emit`` neither waits nor raises. The ``with`` block ends when all is delivered, or after FAREWELL_S.
    """

    def __init__(self, name: str, tracker: Reporter, told: Reporter) -> None:
        self._name, self._tracker, self._told = name, tracker, told
        self._well = True
        self._events: queue.Queue[tuple[str, dict[str, Any]] | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._deliver, name=f"medopt-{name}", daemon=True)

    def __enter__(self) -> Guest:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._put(None)
        self._thread.join(FAREWELL_S)

    def emit(self, kind: str, **fields: Any) -> None:
        """Let the tracker have the event some time."""
        if self._well:
            self._put((kind, fields))

    def _put(self, item: tuple[str, dict[str, Any]] | None) -> None:
        try:
            self._events.put_nowait(item)
        except queue.Full:
            return

    def _deliver(self) -> None:
        while (item := self._events.get()) is not None:
            kind, fields = item
            try:
                self._tracker.emit(kind, **fields)
            except Exception as error:  # noqa: BLE001 (whatever a tracker's package or server raises, training goes on)
                self._well = False
                lines = str(error).splitlines() or [type(error).__name__]
                text = f"{self._name} no longer follows this training ({lines[0]}); the training goes on without it"
                self._told.emit("message", level="warning", text=text)
                return
