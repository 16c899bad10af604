"""How many cores the network gets on a CPU, beside the thread that makes the batches."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

ROUNDS = 5
"""Measurements of each number, at most."""
MARGIN = 1.05
"""One thread less must be so many times faster."""
CHEAP = 0.05
"""Where making a batch takes a smaller share of a step's time, no core is left to it and nothing is measured."""


@dataclass(frozen=True)
class Threads:
    """How many threads torch computes with.

    Parameters
    ----------
    count : threads
    ms : milliseconds of a step with its batch made meanwhile; None when there was nothing to measure
    alternative : (threads, milliseconds) of the other number
    """

    count: int
    ms: float | None = None
    alternative: tuple[int, float] | None = None

    @property
    def sentence(self) -> str:
        """For the user."""
        words = f"The network computes with {self.count} thread{'' if self.count == 1 else 's'}"
        if self.ms is None or self.alternative is None:
            return f"{words}."
        other, ms = self.alternative
        return f"{words}: {self.ms:.3g} ms a step while a batch is made, {ms:.3g} ms with {other}."


def choose_threads(step: Callable[[], object], make: Callable[[], object], *, seconds: float = 5.0) -> Threads:
    """Whether torch's present number of threads or one less is faster while ``make`` makes a batch in another thread.

    ``step`` computes one step; both are called some times, for ``seconds`` at most, in turn. Leaves the number of
    threads as it was; the caller sets it to ``count``. Errors of ``make`` are raised here.
    """
    most = torch.get_num_threads()
    if most < 2:
        return Threads(most)
    began = time.monotonic()
    step()
    once = _seconds(step)
    if _seconds(make) < CHEAP * once:
        return Threads(most)
    measured: dict[int, list[float]] = {most: [], most - 1: []}
    try:
        for _ in range(ROUNDS):
            for count, times in measured.items():
                times.append(_in_company(step, make, count))
            if time.monotonic() - began + 2 * once > seconds:
                break
    finally:
        torch.set_num_threads(most)
    ms = {count: statistics.median(times) * 1e3 for count, times in measured.items()}
    count = most - 1 if ms[most - 1] * MARGIN < ms[most] else most
    other = 2 * most - 1 - count
    return Threads(count, round(ms[count], 2), (other, round(ms[other], 2)))


def _in_company(step: Callable[[], object], make: Callable[[], object], count: int) -> float:
    """Seconds until a step and the making of a batch beside it are both done."""
    failed: list[BaseException] = []

    def work() -> None:
        torch.set_num_threads(1)
        try:
            make()
        except BaseException as error:  # noqa: BLE001 (raised again by the thread that waits)
            failed.append(error)

    worker = threading.Thread(target=work, name="medopt-threads", daemon=True)
    torch.set_num_threads(count)
    began = time.perf_counter()
    worker.start()
    step()
    worker.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - began


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
