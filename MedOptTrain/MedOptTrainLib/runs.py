"""The runs of the project, as their records tell them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

STATES = {
    "running": _("training"),
    "interrupted": _("interrupted"),
    "stopped": _("stopped"),
    "done": _("done"),
    "failed": _("failed"),
    "damaged": _("damaged"),
}


@dataclass(frozen=True)
class RunRow:
    """A run in the table. ``state`` "interrupted" means that its record says running, but no worker lives; ``score``
    is the best on the validation cases by the task's metric (Dice, AUC, mAP50)."""

    name: str
    state: str
    score: float | None
    minutes: float | None
    device: str
    folder: Path

    def cells(self) -> list[str]:
        """What the table shows."""
        score = "–" if self.score is None else f"{self.score:.3f}"
        minutes = "–" if self.minutes is None else f"{self.minutes:.1f}"
        return [self.name, STATES.get(self.state, self.state), score, minutes, self.device]

    @property
    def resumable(self) -> bool:
        """True when training can go on."""
        return self.state in ("interrupted", "stopped", "failed")


def readRuns(projectFolder: Path) -> list[RunRow]:
    """The runs of a project, the newest first; damaged ones stay in the list."""
    from medopt.cli.runs import list_runs, runs_in_training

    busy = runs_in_training(projectFolder)
    rows = []
    for line in reversed(list_runs(projectFolder)):
        state = line.state
        if state == "running" and line.name not in busy:
            state = "interrupted"
        score = None if line.best is None else line.best.value
        rows.append(RunRow(line.name, state, score, line.minutes, _device(line.folder), line.folder))
    return rows


def freeName(projectFolder: Path) -> str:
    """The next free run-NNN."""
    taken = [int(path.name[4:]) for path in (projectFolder / "runs").glob("run-*") if path.name[4:].isdigit()]
    return f"run-{1 + max(taken, default=0):03d}"


def _device(folder: Path) -> str:
    from medopt.files import read_json

    try:
        record: Any = read_json(folder / "run.json")
    except MedOptError:
        return ""
    device = record.get("device") if isinstance(record, dict) else None
    return str(device.get("name", "")) if isinstance(device, dict) else ""
