"""How long a case took, with the time left out in which nothing happened."""

from __future__ import annotations

import time
from collections.abc import Callable

IDLE_SECONDS = 30.0
"""A pause longer than this is not work on the case and is not counted."""


class LabellingClock:
    """Adds up the time between signs of work that follow each other within `IDLE_SECONDS`."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counted = 0.0
        self._last: float | None = None

    def start(self, counted: float = 0.0) -> None:
        """A case has been opened: count from 0, or from the seconds that it took before."""
        self._counted, self._last = counted, self._now()

    def stop(self) -> None:
        """Nobody works on the case any more; what was counted stays."""
        self.touch()
        self._last = None

    def resume(self) -> None:
        """Somebody works on the case again."""
        self._last = self._now()

    def touch(self) -> None:
        """A sign of work: the mouse moved in a slice view, something was painted, a button was pressed."""
        if self._last is None:
            return
        now = self._now()
        pause = now - self._last
        self._counted += pause if pause <= IDLE_SECONDS else 0.0
        self._last = now

    @property
    def seconds(self) -> float:
        """Seconds of work so far, a short pause that lasts now included."""
        pause = 0.0 if self._last is None else self._now() - self._last
        return self._counted + (pause if pause <= IDLE_SECONDS else 0.0)
