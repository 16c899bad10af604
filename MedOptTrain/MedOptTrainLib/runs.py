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
    """A run in the table. ``state`` "interrupted" means that its record says running, but no worker lives."""

    name: str
    state: str
    dice: float | None
    minutes: float | None
    device: str
    folder: Path

    def cells(self) -> list[str]:
        """What the table shows."""
        dice = "–" if self.dice is None else f"{self.dice:.3f}"
        minutes = "–" if self.minutes is None else f"{self.minutes:.1f}"
        return [self.name, STATES.get(self.state, self.state), dice, minutes, self.device]

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
        rows.append(RunRow(line.name, state, line.dice, line.minutes, _device(line.folder), line.folder))
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
