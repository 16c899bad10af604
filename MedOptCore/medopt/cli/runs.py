"""The runs of a project as their records tell them, read without torch and without failing on a damaged one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from medopt.errors import MedOptError
from medopt.events import Score, best_score
from medopt.files import inside, read_json
from medopt.jobs import list_jobs


@dataclass(frozen=True)
class RunLine:
    """What a table of runs shows. ``best`` is the best score on the validation cases, None before the first."""

    name: str
    state: str
    started: str
    minutes: float | None
    best: Score | None
    folder: Path


def list_runs(project_folder: Path) -> list[RunLine]:
    """The runs, oldest first; empty when there are none."""
    lines = [_line(path) for path in (project_folder / "runs").glob("*/run.json")]
    return sorted(lines, key=lambda line: (line.started, line.name))


def run_folder(project_folder: Path, name: str | None) -> Path:
    """The folder of run ``name``, or of the newest; raises MedOptError when there is no such run."""
    runs = list_runs(project_folder)
    if not runs:
        raise MedOptError("the project has no run", where=project_folder, remedy="Train first: medopt train PROJECT")
    if name is None:
        return runs[-1].folder
    folder = inside(project_folder / "runs", name)
    if not any(line.name == name for line in runs):
        known = ", ".join(line.name for line in runs)
        raise MedOptError("there is no such run", where=project_folder, expected=f"one of: {known}", found=name)
    return folder


def runs_in_training(project_folder: Path) -> set[str]:
    """Names of runs that a living worker is training now."""
    names: set[str] = set()
    for job in list_jobs(project_folder):
        status = job.status()
        if status.state == "running" and status.command in ("train", "teach", "prune", "distill", "demo"):
            names |= {str(event["run"]) for event in job.events()[0] if event["kind"] == "started" and event.get("run")}
    return names


def _line(path: Path) -> RunLine:
    try:
        value = read_json(path)
    except MedOptError:
        value = {}
    value = value if isinstance(value, dict) else {}
    seconds = value.get("seconds_trained")
    return RunLine(
        path.parent.name,
        str(value.get("state", "damaged")),
        str(value.get("started", "")),
        float(seconds) / 60 if isinstance(seconds, (int, float)) else None,
        best_score(value.get("best")),
        path.parent,
    )
