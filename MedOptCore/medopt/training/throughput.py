"""How fast a training is, and what keeps it from being faster."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass

import torch

WINDOW_S = 30.0
"""Figures are means over the last so many seconds: long enough to be calm, short enough to show a change."""
FEWEST = 3
"""Steps that are averaged at least, however long they take."""


@dataclass(frozen=True)
class _Step:
    samples: int
    waited: float
    worked: float


class Throughput:
    """Fed once a step; tells samples a second, the share of time spent waiting for data, TFLOP/s and memory.

    Parameters
    ----------
    device : where the network is
    flops : of one sample, forward and backward; None when it could not be counted
    peak : FLOP/s of a matrix product on this machine; None when it was not measured
    window : seconds that the figures are means over
    """

    def __init__(
        self, device: torch.device, *, flops: float | None = None, peak: float | None = None, window: float = WINDOW_S
    ) -> None:
        self._device, self._flops, self._peak, self._window = device, flops, peak, window
        self._steps: deque[_Step] = deque()
        self._waited = self._all = 0.0

    def step(self, samples: int, waited: float, worked: float) -> None:
        """Count one step: so many samples, so many seconds until they were there, so many seconds of work on them.

        On a GPU the work is done while the loop goes on; so measure ``worked`` up to where its result is read, or take
        as ``worked`` what remains of the time from one step to the next. The first step plans and compiles: leave it
        out.
        """
        self._steps.append(_Step(samples, waited, worked))
        self._waited += waited
        self._all += waited + worked
        seconds = sum(one.waited + one.worked for one in self._steps)
        while len(self._steps) > FEWEST and seconds - self._steps[0].waited - self._steps[0].worked >= self._window:
            first = self._steps.popleft()
            seconds -= first.waited + first.worked

    @property
    def waiting(self) -> float:
        """Share of all time so far that was spent waiting for data, 0 to 1; 0 before the first step."""
        return self._waited / self._all if self._all > 0 else 0.0

    def fields(self) -> dict[str, float]:
        """For a metric event; what is not known is absent, and before the first step all is.

        ``samples_per_s``, ``data_wait_share`` (0 to 1), ``tflops`` (10¹² operations a second), ``peak_share`` (of the
        measured matrix product, 0 to 1), ``memory_gib`` (the most so far: of the process on CPUs, of torch on a GPU).
        """
        seconds = sum(one.waited + one.worked for one in self._steps)
        if seconds <= 0:
            return {}
        samples = sum(one.samples for one in self._steps)
        found = {
            "samples_per_s": round(samples / seconds, 3),
            "data_wait_share": round(sum(one.waited for one in self._steps) / seconds, 4),
        }
        if self._flops is not None:
            rate = samples * self._flops / seconds
            found["tflops"] = round(rate / 1e12, 5)
            if self._peak:
                found["peak_share"] = round(rate / self._peak, 4)
        memory = most_memory(self._device)
        if memory is not None:
            found["memory_gib"] = round(memory / 2**30, 3)
        return found


def most_memory(device: torch.device) -> int | None:
    """Bytes at the highest so far: torch's on a GPU, else the process's; None where it is not told (Windows)."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        return None
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else most * 1024)  # kilobytes on Linux, bytes on macOS
