"""``medopt status``: what the project holds, and who is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.jobs import job_rows
from medopt.cli.options import Events, EventsOption, ProjectArgument
from medopt.cli.runs import list_runs
from medopt.cli.work import showing
from medopt.jobs import list_jobs

if TYPE_CHECKING:
    from medopt.project import Project


def command(
    project: ProjectArgument,
    device: Annotated[
        bool, typer.Option("--device", help="Also tell which device would train (takes some seconds).")
    ] = False,
    events: EventsOption = Events.text,
) -> None:
    """Show what the project holds: cases, labels, classes, runs, models, and jobs at work.

    Changes nothing, and may be called while something runs.

    \b
    Example:
      medopt status hippocampus
    """
    from medopt.project import Project

    with showing(events) as output:
        opened = Project.open(project)
        facts = opened.status()
        jobs = list_jobs(opened.folder)
        working = [job for job in jobs if not job.status().ended_or_lost]
        row = {
            "project": opened.settings.name,
            "task": opened.settings.task,
            "cases": facts.cases,
            "labelled": facts.labelled,
            "proposals": facts.proposals,
            "flagged": facts.flagged,
            "runs": facts.runs,
            "models": facts.models,
            "worker": ", ".join(job.status().command for job in working) or "idle",
        }
        if device:
            from medopt.training.device import choose_device

            choice = choose_device()
            row["device"] = f"{choice.name}, {choice.threads} threads ({choice.reason})"
        output.emit("result", title="Project", rows=[row])
        if facts.labelled:
            output.emit("result", title="Classes", rows=class_rows(opened))
        lines = list_runs(opened.folder)
        # a project has one task, so its runs have one metric
        title = next((line.best.title for line in lines if line.best is not None), "score")
        runs = [
            {
                "run": line.name,
                "state": line.state,
                f"validation {title}": None if line.best is None else line.best.value,
                "minutes": line.minutes,
                "started": line.started[:16],
            }
            for line in lines
        ]
        if runs:
            output.emit("result", title="Runs", rows=runs)
        if working:
            output.emit("result", title="Jobs at work", rows=job_rows(working))


def class_rows(project: Project) -> list[dict[str, Any]]:
    """One row a class: in how many cases and subjects it was labelled, and with how many voxels or boxes."""
    from medopt.project import count_classes

    rows = []
    unit = project.labels.kind.unit
    for count in count_classes(project):
        row: dict[str, Any] = {"class": count.info.name, "cases": count.cases, "subjects": count.subjects}
        if unit != "classes":
            row[unit] = count.marked
        rows.append({**row, "looked for in": count.judged})
    return rows
