"""Batches made in a background thread while the network learns from the one before."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")
AHEAD = 2
"""Batches that wait ready."""


class Prefetch(Generic[T]):
    """Calls ``make(step)`` for step = first, first + 1, … ahead of time; ``next()`` gives the results in order.

    ``make`` must be a pure function of the step; then what is prefetched and thrown away at the end changes nothing.
    An error in ``make`` is raised by ``next()``. ``begin`` is called once in the thread, before the first batch and
    before the ``with`` block starts.
    """

    def __init__(self, make: Callable[[int], T], first: int, begin: Callable[[], None] = lambda: None) -> None:
        self._make, self._step, self._begin = make, first, begin
        self._begun = threading.Event()
        self._ready: queue.Queue[T | BaseException] = queue.Queue(maxsize=AHEAD)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="medopt-batches", daemon=True)

    def __enter__(self) -> Prefetch[T]:
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=0.05)
            except queue.Empty:
                continue

    def next(self) -> T:
        """The next batch."""
        item = self._ready.get()
        if isinstance(item, BaseException):
            raise item
        return item

    def _work(self) -> None:
        try:
            self._begin()
        finally:
            self._begun.set()
        while not self._ended.is_set():
            try:
                item: T | BaseException = self._make(self._step)
            except BaseException as error:  # noqa: BLE001 (raised again where the batch is wanted)
                item = error
            self._step += 1
            while not self._ended.is_set():
                try:
                    self._ready.put(item, timeout=0.1)
                    break
                except queue.Full:
                    continue
            if isinstance(item, BaseException):
                return
