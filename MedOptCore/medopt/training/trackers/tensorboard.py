"""Curves for TensorBoard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from medopt.errors import MedOptError
from medopt.events import Reporter
from medopt.training.trackers.facts import TrackerFacts, scalars


@contextmanager
def tensorboard(facts: TrackerFacts, address: str | None) -> Iterator[Reporter]:
    """A listener that writes event files into the run's folder, ``tensorboard``; a resumed run adds to its curves.

    ``tensorboard --logdir PROJECT/runs`` then shows all runs. Raises MedOptError when tensorboard is not installed.
    """
    if address is not None:
        raise MedOptError("tensorboard takes no address", where="--track", found=address)
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise MedOptError(
            "TensorBoard files cannot be written: the package tensorboard is not installed",
            where="--track tensorboard",
            remedy="Install it: pip install tensorboard",
        ) from error
    writer = SummaryWriter(str(facts.folder / "tensorboard"), flush_secs=20)
    try:
        yield _Curves(writer)
    finally:
        writer.close()


class _Curves:
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def emit(self, kind: str, **fields: Any) -> None:
        """Add the numbers of a metric event at its step."""
        if kind == "metric":
            for name, value in scalars(fields).items():
                self._writer.add_scalar(name, value, int(fields.get("step", 0)))
