"""The request to stop: how a job learns that its user wants it to end, and how it answers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

POLL_SECONDS = 1.0
"""How often a worker looks for the ``stop`` file: soon enough for a person who waits, free of cost on a shared disk."""


class Stopped(KeyboardInterrupt):
    """Raised in the main thread of a job that was asked to stop and does not ask for itself.

    A ``KeyboardInterrupt``, so that no ``except Exception`` on its way takes it for a fault.
    """


class StopRequest:
    """Whether the user asked this work to stop.

    Work that can end well at a place of its own choosing (training saves a checkpoint first) takes this object,
    which says so by ``polling``, and asks ``requested()`` now and then. All other work is interrupted by ``Stopped``.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._polled = False

    def requested(self) -> bool:
        """Whether somebody asked; never blocks."""
        return self._asked.is_set()

    def request(self) -> None:
        """Ask; may be called from any thread, and more than once."""
        self._asked.set()

    def polling(self) -> StopRequest:
        """Promise to ask ``requested()`` from now on; returns this object, to be passed on."""
        self._polled = True
        return self

    @property
    def polled(self) -> bool:
        """Whether the work promised to ask for itself."""
        return self._polled


@contextmanager
def stop_by_signal(stop: StopRequest) -> Iterator[None]:
    """While this lasts, SIGTERM, SIGHUP and Ctrl-C ask ``stop``; a second Ctrl-C interrupts even work that polls.

    Earlier handlers come back afterwards. SIGHUP stays ignored where it was ignored (``nohup``). Outside the main
    thread, where Python allows no handlers, nothing is installed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    owner = os.getpid()

    def handle(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != owner:  # a forked helper of the work, which must simply end when it is told to
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        again = stop.requested()
        stop.request()
        if not stop.polled or (again and number == signal.SIGINT):
            raise Stopped

    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [number for name in names if (number := getattr(signal, name, None)) is not None]
    earlier: dict[int, Any] = {number: signal.getsignal(number) for number in numbers}
    chosen = [
        number for number in numbers if number != getattr(signal, "SIGHUP", None) or earlier[number] != signal.SIG_IGN
    ]
    for number in chosen:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in chosen:
            signal.signal(number, earlier[number] or signal.SIG_DFL)


@contextmanager
def stop_by_file(path: Path, stop: StopRequest, *, every: Callable[[], None]) -> Iterator[None]:
    """While this lasts, a thread looks for the file ``path`` and asks ``stop`` when it appears.

    The way to stop a job where signals do not reach: on Windows, and on another machine that shares the folder.
    ``every`` is called at each look, once in ``POLL_SECONDS``. Work that does not poll is interrupted if it runs in
    the main thread.
    """
    ended = threading.Event()
    interruptible = threading.current_thread() is threading.main_thread()

    def watch() -> None:
        while not ended.wait(POLL_SECONDS):
            every()
            if path.exists() and not stop.requested():
                stop.request()
                if interruptible and not stop.polled:
                    _interrupt_main_thread()

    thread = threading.Thread(target=watch, name="medopt-stop", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _interrupt_main_thread() -> None:
    """Deliver SIGINT to the main thread, so that even a system call that it waits in ends."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
