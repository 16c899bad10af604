"""The frame around a command's work: its job folder, its output, its end."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import typer

from medopt.cli.options import Events
from medopt.cli.output import open_output
from medopt.errors import MedOptError
from medopt.events import Broadcast, Reporter
from medopt.jobs import Stopped, StopRequest, new_job_folder, run_in_job, stop_by_signal

P = ParamSpec("P")
R = TypeVar("R")

PROJECT_FILE = "project.yaml"

WORKER_PACKAGES = (
    "torch",
    "monai",
    "safetensors",
    "onnx",
    "onnxscript",
    "onnxruntime",
    "openvino",
    "matplotlib",
    "jinja2",
    "optuna",
)
"""Packages that only workers need; everything up to labelling works without them."""


@dataclass(frozen=True)
class Work:
    """What a command's body needs: whom to tell, and whether to stop."""

    reporter: Reporter
    stop: StopRequest


@contextmanager
def showing(events: Events) -> Iterator[Reporter]:
    """Output of a short command that keeps no job."""
    with open_output(events) as output, _telling_the_end(output), _packages_explained():
        yield output


@contextmanager
def working(
    command: str, project: Path | None, *, events: Events, job: Path | None, hidden: Sequence[Path] = ()
) -> Iterator[Work]:
    """Output, job folder and end of a long command.

    The job's folder is ``job``, or a new one in the project's jobs, so that a panel can follow what was started in
    a terminal; without a project the work keeps no job. ``hidden`` are paths of the user's own files, which the job
    does not keep. Raises ``Stopped`` when the work ended early because the user asked it to.
    """
    if job is None and project is not None and (project / PROJECT_FILE).is_file():
        job = new_job_folder(project, command)
    with open_output(events) as output, _telling_the_end(output):
        output.emit("started", command=command)
        with ExitStack() as stack:
            if job is None:
                work = Work(output, StopRequest())
                stack.enter_context(stop_by_signal(work.stop))
            else:
                worker = stack.enter_context(run_in_job(job, command, hidden=hidden))
                work = Work(Broadcast(worker.reporter, output), worker.stop)
            stack.enter_context(_packages_explained())
            yield work
        if work.stop.requested():
            raise Stopped


def guarded(function: Callable[P, R]) -> Callable[P, R]:
    """``function`` with the exit codes of a command: 1 and a clear message for what the user can mend, 130 if stopped.

    Anything else is a fault of MedOpt and keeps its trace.
    """

    @functools.wraps(function)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return function(*arguments, **options)
        except MedOptError as error:
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(130) from error

    return run


def unwrapped(text: str) -> str:
    """A help text whose paragraphs are one line each, to be wrapped at the reader's width; those after ``\\b`` stay."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(part if part.startswith("\b") else " ".join(part.split()) for part in paragraphs)


@contextmanager
def _telling_the_end(output: Reporter) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        output.emit("finished", state="stopped")
        raise
    except MedOptError as error:
        output.emit("finished", state="failed", error=str(error))
        raise
    output.emit("finished", state="done")


@contextmanager
def _packages_explained() -> Iterator[None]:
    """Turn a missing package of the worker into a message that says how to get it."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in WORKER_PACKAGES:
            raise
        raise MedOptError(
            f"the package {missing} is not installed",
            expected="the packages that train, export and report",
            remedy='Install them with `pip install "medopt[worker]"`; in Slicer use the Install button of the panel',
        ) from error
