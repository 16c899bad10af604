"""The clock that makes presenters look at their jobs: Qt's in Slicer, a hand-driven one in tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Calls back again and again while it is started."""

    def start(self, milliseconds: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` every ``milliseconds``; an earlier start is replaced."""

    def stop(self) -> None:
        """Call no more."""


class HandTimer:
    """Calls back only when ``tick`` is called."""

    def __init__(self) -> None:
        self.callback: Callable[[], None] | None = None
        self.interval = 0

    def start(self, milliseconds: int, callback: Callable[[], None]) -> None:
        """Remember ``callback``."""
        self.interval, self.callback = milliseconds, callback

    def stop(self) -> None:
        """Forget the callback."""
        self.callback = None

    def tick(self, times: int = 1) -> None:
        """Let the time of ``times`` intervals pass."""
        for _i in range(times):
            if self.callback is not None:
                self.callback()
