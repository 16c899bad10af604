"""What a node of a cluster runs; it travels by value, so that the node needs but the standard library to unpack it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

NO_TRY = 97
"""Exit code when the command could not be started."""
SAVING_SECONDS = 60.0
"""How long a process may save its state when the queue wants the node back."""


class QueuedWork:
    """A command in a process of its own, whose exit code is the answer.

    When the queue warns of a time limit or a preemption, the process is asked to save its state, and the same work is
    queued again.

    Parameters
    ----------
    command : program and arguments
    path : folder from which Python imports the package
    """

    def __init__(self, command: Sequence[str], path: str) -> None:
        self.command, self.path = list(command), path
        self._process: Any = None

    def __call__(self) -> int:
        """Run the command to its end; its exit code, negative for the signal that killed it."""
        known = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
        paths = os.pathsep.join(dict.fromkeys([self.path, *known]))
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
        nothing = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(self.command, env=environment, stdin=nothing, stdout=nothing)
        except OSError as error:
            sys.stderr.write(f"{self.command[0]}: {error.strerror}\n")
            return NO_TRY
        return int(self._process.wait())

    def checkpoint(self) -> Any:
        """What is queued instead; submitit asks for it before the time is up."""
        from submitit.helpers import DelayedSubmission

        if self._process is not None and not _ended(self._process.pid):
            os.kill(self._process.pid, signal.SIGTERM)
            end = time.monotonic() + SAVING_SECONDS
            while not _ended(self._process.pid) and time.monotonic() < end:
                time.sleep(0.1)
            if not _ended(self._process.pid):
                os.kill(self._process.pid, signal.SIGKILL)
        return DelayedSubmission(QueuedWork(self.command, self.path))


def _ended(process: int) -> bool:
    """Asked of the system and not of Popen, whose lock the interrupted ``wait`` may hold."""
    try:
        return os.waitpid(process, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True
