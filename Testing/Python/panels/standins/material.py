"""Small images and labels, and jobs that a test drives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from medopt.image import Geometry, Image, LabelMap
from medopt.metrics import METRICS
from medopt.training.advice import Advice, Caution, Reason
from medopt.validation import CaseScore, Results, Structure, ValidationSettings, summarize

GRID = Geometry((5, 8, 9), (2.0, 1.0, 1.5), (-12.0, 20.0, 7.5), ((0.0, 0.0, -1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)))


def blob(values: Sequence[int], seed: int = 0) -> LabelMap:
    """A label on GRID with a block of each value, placed by ``seed``."""
    array = np.zeros(GRID.shape, np.uint8)
    for number, value in enumerate(values):
        array[1:4, 2 + seed % 3 : 5 + seed % 3, 2 + 3 * number : 5 + 3 * number] = value
    return LabelMap(array, GRID)


def picture(seed: int) -> Image:
    """An image on GRID."""
    rng = np.random.default_rng(seed)
    return Image(rng.integers(-50, 1000, size=(1, *GRID.shape)).astype(np.int16), GRID)


def advised(values: dict[str, Any], minutes: float = 10.0) -> Advice:
    """Advice with a reason, figures and a warning for a recipe that has ``training.patch``."""
    reasons = (
        Reason("preprocess.steps.0.spacing", [2.0, 1.0, 1.0], "The median spacing.", {"cases": 4}, "spacing.median"),
        Reason("training.patch", [32, 32, 32], "The median image.", {"median_shape": "30 × 31 × 32"}, "patch.cover"),
        Reason("training.minutes", minutes, "As you asked for.", {"seconds_a_step": 0.2}, "time.minutes"),
    )
    cautions = (Caution("Only 4 subjects: every interval will be wide.", {"subjects": 4}, "caution.few_subjects"),)
    return Advice(values, reasons, cautions, "4 of 4 cases were looked at")


def scored(dice: Sequence[float], subset: str, model: str) -> Results:
    """Results of one structure, with a Dice for each case, each of a subject of its own."""
    structures, settings = (Structure(1, "Anterior"),), ValidationSettings()
    cases = tuple(
        CaseScore(f"c{n}", f"s{n}", "Anterior", {**dict.fromkeys(METRICS), "dice": float(value)}, 1.0, 1.0, "none")
        for n, value in enumerate(dice)
    )
    return Results(subset, model, structures, settings, cases, summarize(cases, ["Anterior"]))


@dataclass
class FakeStatus:
    """What a job's status tells."""

    state: str = "running"
    command: str = "train"
    started: str | None = "2026-01-01T10:00:00.000+00:00"
    ended: str | None = None
    error: str | None = None
    exit_code: int | None = None


@dataclass
class FakeJob:
    """A job that the test drives; the same face as medopt.jobs.Job."""

    folder: Path
    state: FakeStatus = field(default_factory=FakeStatus)
    told: list[dict[str, Any]] = field(default_factory=list)
    log: str = "first line\nsecond line"
    asked: int = 0
    ended: int = 0

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    def status(self) -> FakeStatus:
        """A copy, as a fresh look would give."""
        return FakeStatus(**vars(self.state))

    def events(self, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
        """Events from a position on."""
        return self.told[offset:], len(self.told)

    def log_tail(self, lines: int = 50) -> str:
        """The log."""
        return self.log

    def tell(self, kind: str, **fields: Any) -> None:
        """Add an event."""
        self.told.append({"kind": kind, "time": "2026-01-01T10:00:00.000+00:00", **fields})

    def finish(self, state: str = "done", error: str | None = None) -> None:
        """End."""
        self.state.state, self.state.error = state, error
