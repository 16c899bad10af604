"""How often an annotator took something back, told by what the label looks like after each change."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

KEPT = 50
"""States that are remembered."""
TOGETHER_SECONDS = 0.05
"""Changes that follow each other faster belong to one press of a key."""


class UndoCounter:
    """Counts changes that lead back to a state that was there before; going forward again (redo) is not counted."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.start(None)

    def start(self, state: Hashable) -> None:
        """A case begins in ``state``."""
        self._states: list[Hashable] = [state]
        self._at = 0
        self._last = float("-inf")
        self.count = 0

    def restart(self, state: Hashable) -> None:
        """The label was put in place of what was there: go on counting from ``state``."""
        count = self.count
        self.start(state)
        self.count = count

    @property
    def state(self) -> Hashable:
        """What the label looked like last."""
        return self._states[self._at]

    def note(self, state: Hashable) -> None:
        """The label looks like ``state`` now."""
        if state == self._states[self._at]:
            return
        earlier = next((n for n in range(self._at - 1, -1, -1) if self._states[n] == state), None)
        later = next((n for n in range(self._at + 1, len(self._states)) if self._states[n] == state), None)
        if earlier is not None:
            self._at = earlier
            if self._now() - self._last > TOGETHER_SECONDS:
                self.count += 1
            self._last = self._now()
        elif later is not None:
            self._at = later
        else:
            self._states = [*self._states[: self._at + 1], state][-KEPT:]
            self._at = len(self._states) - 1
