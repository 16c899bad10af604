"""Long work in short pieces between the events of the application; the newest work drops what was pending."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.timer import Timer

BUDGET = 0.03
"""Seconds of work at a time, as long as the pieces allow."""
PIECE_VOXELS = 1 << 18
"""Voxels worked out between two looks at the clock: a few milliseconds for most steps."""


class Refiner:
    """Runs a generator piece by piece, from one ``yield`` to the next.

    Parameters
    ----------
    timer : calls back between the application's events
    onError : gets a MedOptError that ends the work
    """

    def __init__(self, timer: Timer, onError: Callable[[MedOptError], None]) -> None:
        self._timer, self._onError = timer, onError
        self._work: Iterator[Any] | None = None

    @property
    def busy(self) -> bool:
        """Whether pieces are left."""
        return self._work is not None

    def start(self, work: Iterator[Any]) -> None:
        """Begin with the next tick; work that was under way is dropped."""
        self._work = work
        self._timer.start(1, self.tick)

    def stop(self) -> None:
        """Drop what is left."""
        self._work = None
        self._timer.stop()

    def tick(self) -> None:
        """Do pieces until the budget of time is used up."""
        until = time.perf_counter() + BUDGET
        work = self._work
        while work is not None and self._work is work:
            try:
                next(work)
            except StopIteration:
                self._end(work)
                return
            except MedOptError as error:
                self._end(work)
                self._onError(error)
                return
            if time.perf_counter() > until:
                return

    def finish(self) -> None:
        """Do all that is left now: for scripts and tests."""
        while self.busy:
            self.tick()

    def _end(self, work: Iterator[Any]) -> None:
        if self._work is work:  # a piece may have started other work
            self.stop()


def outward(shape: tuple[int, int, int], planes: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """(first, one past the last) slices of pieces that together cover a volume, those nearest to ``planes`` first."""
    thickness = max(1, PIECE_VOXELS // (shape[1] * shape[2]))
    starts = list(range(0, shape[0], thickness))
    middle = thickness / 2
    starts.sort(key=lambda start: min(abs(start + middle - k - 0.5) for k in planes))
    for start in starts:
        yield start, min(start + thickness, shape[0])
