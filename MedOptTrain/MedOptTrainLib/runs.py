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
    is the best on the validation cases by the task's metric, ``title`` (Dice, AUC, mAP50); ``source`` is what the
    training began from, empty for random weights."""

    name: str
    state: str
    score: float | None
    minutes: float | None
    device: str
    folder: Path
    title: str = ""
    source: str = ""

    def cells(self) -> list[str]:
        """What the table shows."""
        score = "–" if self.score is None else f"{self.title} {self.score:.3f}".strip()
        minutes = "–" if self.minutes is None else f"{self.minutes:.1f}"
        return [self.name, STATES.get(self.state, self.state), score, minutes, self.source or "–", self.device]

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
        title = "" if line.best is None else line.best.title
        device, source = _told(line.folder)
        rows.append(RunRow(line.name, state, score, line.minutes, device, line.folder, title, source))
    return rows


def freeName(projectFolder: Path) -> str:
    """The next free run-NNN."""
    taken = [int(path.name[4:]) for path in (projectFolder / "runs").glob("run-*") if path.name[4:].isdigit()]
    return f"run-{1 + max(taken, default=0):03d}"


def _told(folder: Path) -> tuple[str, str]:
    """(device, what the training began from) of a run's record; empty where it does not tell."""
    from medopt.files import read_json

    try:
        record: Any = read_json(folder / "run.json")
    except MedOptError:
        return "", ""
    found = []
    for part, field in (("device", "name"), ("transfer", "source")):
        value = record.get(part) if isinstance(record, dict) else None
        found.append(str(value.get(field, "")) if isinstance(value, dict) else "")
    return found[0], found[1]
