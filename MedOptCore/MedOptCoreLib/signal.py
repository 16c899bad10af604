"""A signal in plain Python: presenters tell widgets that something changed, without Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Signal:
    """A list of callables that are called, in the order of connecting, with whatever is emitted.

    A listener may disconnect itself or others while it is called; those that were connected when the emission
    began and still are get the call. Every listener gets it, even when one before it fails; the first exception
    is passed on to who emits.
    """

    def __init__(self) -> None:
        self._listeners: list[Callable[..., Any]] = []

    def connect(self, listener: Callable[..., Any]) -> None:
        """Call ``listener`` at each emission from now on; connecting twice has no effect."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def disconnect(self, listener: Callable[..., Any] | None = None) -> None:
        """Stop calling ``listener``, or every listener when none is given; an unknown one is ignored."""
        if listener is None:
            self._listeners.clear()
        elif listener in self._listeners:
            self._listeners.remove(listener)

    def emit(self, *values: Any) -> None:
        """Call the listeners with ``values``."""
        failure: BaseException | None = None
        for listener in tuple(self._listeners):
            if listener not in self._listeners:
                continue
            try:
                listener(*values)
            except Exception as error:  # noqa: BLE001 - kept and raised when all have been called
                failure = failure or error
        if failure is not None:
            raise failure
