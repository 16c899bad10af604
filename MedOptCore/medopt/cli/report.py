"""``medopt report``: one page that tells the whole run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, RunOption, Subset
from medopt.cli.runs import run_folder
from medopt.cli.work import working


def command(
    project: ProjectArgument,
    run: RunOption = None,
    subset: Annotated[Subset, typer.Option(help="Which measured part of the split to tell about.")] = Subset.test,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to write it. By default into the run's folder.",
            show_default=False,
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Make the report of a run: one HTML file to read, send and archive.

    Reads the run's record and measurements (`medopt validate` comes first). Writes one HTML file with learning curves,
    tables with n and intervals, plots for each case (of classes and boxes: ROC, precision-recall, FROC), pictures of
    the worst and other cases, the recipe and the versions.

    \b
    Example:
      medopt report hippocampus
    """
    from medopt.project import Project
    from medopt.report import make_report

    with working("report", project, events=events, job=job) as work:
        opened = Project.open(project)
        folder = run_folder(opened.folder, run)
        page = make_report(folder, project=opened, subset=subset.value, output=output, reporter=work.reporter)
        work.reporter.emit("result", title="report", path=page)
