"""``medopt distill``: a small network learns from a large one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.prune import DeviceOption, NameOption, SettingsOption, ThreadsOption, TimeOption, complete
from medopt.cli.recipes import minutes_of
from medopt.cli.work import working


def command(
    project: ProjectArgument,
    teachers: Annotated[
        list[str] | None,
        typer.Option(
            "--teacher",
            metavar="NAME",
            help="A run, or a cross-validation for all its folds. May be repeated to average answers. By default the "
            "newest run.",
            show_default=False,
        ),
    ] = None,
    student: Annotated[
        str | None,
        typer.Option(metavar="RUN", help="A run that learns on, such as a pruned one.", show_default=False),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The recipe whose network and schedule the student has.", show_default=False),
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(
            min=0.05,
            max=1,
            help="Without either: the student's width over the teacher's. By default 0.5.",
            show_default=False,
        ),
    ] = None,
    coarse: Annotated[
        bool, typer.Option("--coarse", help="Leave out the teacher's finest level, which costs most (U-Nets).")
    ] = False,
    norm: Annotated[
        str | None, typer.Option(metavar="NORM", help="The student's normalization: batch or instance.")
    ] = None,
    unlabelled: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Images without a label to learn from, at most, for each labelled one. By default 1.",
            show_default=False,
        ),
    ] = None,
    time: TimeOption = None,
    name: NameOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Let a small network learn from the labels and from the answers of a trained one.

    The student begins with the teacher's most important feature maps where the layers fit, or is a pruned run. It
    becomes a new run in PROJECT/runs on the same split. Without --time it trains a quarter as long as its recipe says.

    A teacher that has learned from subjects of the validation or test part is refused. Folds of a cross-validation
    together have: their student learns from the validation part, too, and only the sealed test can judge it.

    \b
    Examples:
      medopt distill hippocampus --teacher run-001 --width 0.5 --norm batch --time 10m
      medopt distill hippocampus --teacher run-001 --width 0.5 --coarse --norm batch --time 10m
      medopt distill hippocampus --teacher run-001 --student run-001-pruned-50 --time 5m
      medopt distill hippocampus --teacher cv-001 --width 0.5
    """
    values: dict[str, Any] = {}
    for field, value in (("width", width), ("norm", norm), ("unlabelled", unlabelled)):
        if value is not None:
            values[field] = value
    if coarse:
        values["coarse"] = True
    if time is not None:
        values["tuning"] = {"minutes": minutes_of(time), "rate": 1.0 if student is None else 0.5}
    elif student is not None:
        values["tuning"] = {"rate": 0.5}
    with working("distill", project, events=events, job=job) as work:
        from medopt.compression.distill.run import distill_run
        from medopt.compression.run import Means
        from medopt.compression.settings import DistillSettings
        from medopt.project import Project
        from medopt.training import Recipe

        folder = distill_run(
            Project.open(project),
            tuple(teachers or ()),
            complete(DistillSettings, values, settings or (), "distill"),
            student=student,
            recipe=None if recipe is None else Recipe.load(recipe),
            name=name,
            means=Means(device, threads, work.reporter, work.stop.polling()),
        )
        work.reporter.emit(
            "message", level="info", text=f"Measure it with: medopt validate {project} --run {folder.name}"
        )
