"""``medopt jobs``: list, follow and stop what is at work in a project."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, ProjectArgument
from medopt.cli.output import open_output
from medopt.cli.work import PROJECT_FILE, guarded, showing, unwrapped
from medopt.errors import MedOptError
from medopt.files import inside
from medopt.jobs import Job, list_jobs

LOOK_SECONDS = 0.3
EXIT_CODES = {"done": 0, "stopped": 130}
"""Exit code of ``follow`` by how the job ended; 1 for the rest."""

JobArgument = Annotated[
    str | None,
    typer.Argument(metavar="JOB", help="The job, as `medopt jobs list` names it.", show_default=False),
]


def list_command(
    project: ProjectArgument,
    everything: Annotated[bool, typer.Option("--all", help="All jobs, not only the newest 20.")] = False,
    events: EventsOption = Events.text,
) -> None:
    """List the jobs of a project, the newest first, with their state.

    A job is "lost" when its process vanished without a word: killed, out of memory, or the machine went down.

    \b
    Example:
      medopt jobs list hippocampus
    """
    with showing(events) as output:
        jobs = list_jobs(_checked(project))
        output.emit("result", title="Jobs", rows=job_rows(jobs if everything else jobs[:20]))


def follow_command(project: ProjectArgument, job: JobArgument = None, events: EventsOption = Events.text) -> None:
    """Show the progress of a job until it ends, wherever it was started; by default of the newest.

    Ctrl-C ends the following, not the job. The exit code is that of the job.

    \b
    Example:
      medopt jobs follow hippocampus
    """
    chosen = _find(_checked(project), job)
    with open_output(events) as output:
        offset, ended = 0, False
        while not ended:
            ended = chosen.status().ended_or_lost  # looked up first: what came before the end is then shown
            fresh, offset = chosen.events(offset)
            for event in fresh:
                output.emit(
                    str(event["kind"]), **{key: value for key, value in event.items() if key not in ("kind", "time")}
                )
            if not ended:
                time.sleep(LOOK_SECONDS)
        status = chosen.status()
        if events is Events.text:
            output.emit("message", level="info", text=f"The job {chosen.id} is {status.state}")
    if status.error:
        typer.echo(f"Error: {status.error}", err=True)
    raise typer.Exit(EXIT_CODES.get(status.state, 1))


def stop_command(
    project: ProjectArgument,
    job: JobArgument = None,
    grace: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long it may take to end well.")] = 30.0,
    events: EventsOption = Events.text,
) -> None:
    """Stop a job and every process it started; by default the one that is at work.

    Training saves a checkpoint first and can be resumed. What has not ended after the grace time is killed.

    \b
    Example:
      medopt jobs stop hippocampus
    """
    with showing(events) as output:
        folder = _checked(project)
        if job is None:
            working = [candidate for candidate in list_jobs(folder) if not candidate.status().ended_or_lost]
            if len(working) != 1:
                raise MedOptError(
                    "it is not clear which job to stop" if working else "no job is at work",
                    where=project,
                    found=", ".join(candidate.id for candidate in working) or None,
                    remedy="Name one of them" if working else None,
                )
            chosen = working[0]
        else:
            chosen = _find(folder, job)
        status = chosen.cancel(grace)
        if not status.ended_or_lost:
            raise MedOptError(
                "the job was asked to stop and is still at work",
                where=chosen.id,
                remedy="It runs on another machine, where only it can end itself; look again later",
            )
        output.emit("message", level="info", text=f"The job {chosen.id} is {status.state}")


def make_group() -> typer.Typer:
    """The sub-commands of ``medopt jobs``."""
    group = typer.Typer(help="List, follow and stop what is at work in a project.", no_args_is_help=True)
    for name, action in (("list", list_command), ("follow", follow_command), ("stop", stop_command)):
        group.command(name, help=unwrapped(action.__doc__ or ""))(guarded(action))
    return group


def job_rows(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """One row a job: its id, command, state, times, and what went wrong."""
    rows = []
    for job in jobs:
        status = job.status()
        rows.append(
            {
                "job": job.id,
                "command": status.command,
                "state": status.state,
                "started": (status.started or "")[:19],
                "ended": (status.ended or "")[:19],
                "error": status.error or "",
            }
        )
    return rows


def _checked(project: Path) -> Path:
    if not (project / PROJECT_FILE).is_file():
        raise MedOptError("not a MedOpt project", where=project, expected=f"a folder that holds {PROJECT_FILE}")
    return project


def _find(project: Path, name: str | None) -> Job:
    if name is not None:
        return Job.open(inside(project / "jobs", name))
    jobs = list_jobs(project)
    if not jobs:
        raise MedOptError("the project has no job", where=project)
    return jobs[0]
