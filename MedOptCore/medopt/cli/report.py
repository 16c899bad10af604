"""``medopt report``: one page that tells the whole run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, RunOption, RuntimeName, Subset
from medopt.cli.runs import run_folder
from medopt.cli.validate import engine_of
from medopt.cli.work import working
from medopt.errors import MedOptError
from medopt.files import inside


def command(
    project: ProjectArgument,
    run: RunOption = None,
    subset: Annotated[Subset, typer.Option(help="Which measured part of the split to tell about.")] = Subset.test,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="An exported model of the run, in place of its own weights.", show_default=False
        ),
    ] = None,
    runtime: Annotated[
        RuntimeName | None,
        typer.Option(
            help="The engine that the model was measured in. By default as for `medopt validate`.", show_default=False
        ),
    ] = None,
    external: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="An external validation on PROJECT in place of a run.", show_default=False),
    ] = None,
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
    """Make the report of a run: one HTML file to read, send and archive, and its figures and tables as files.

    Reads the run's record and measurements (`medopt validate` comes first). Writes one HTML file with learning curves,
    tables with n and intervals, plots for each case (of classes and boxes: ROC, precision-recall, FROC), pictures of
    the worst and other cases, the recipe, the versions, and the CLAIM and TRIPOD+AI checklists as far as the record
    knows the answers. Beside it a folder of the same name with report.json, tables as CSV, figures as PNG and SVG.

    \b
    Example:
      medopt report hippocampus
    """
    from medopt.project import Project
    from medopt.report import make_report, make_report_files

    with working("report", project, events=events, job=job) as work:
        opened = Project.open(project)
        if external is not None:
            folder, part = external_folder(opened.folder, external), "external"
        else:
            folder, part = run_folder(opened.folder, run), subset.value
            if model is not None:
                folder = exported_folder(folder, model, engine_of(inside(opened.models_folder, model), runtime))
        page = make_report(folder, project=opened, subset=part, output=output, reporter=work.reporter)
        files = make_report_files(folder, subset=part, output=page.with_suffix(""), reporter=work.reporter)
        work.reporter.emit("result", title="report", path=page)
        work.reporter.emit("result", title="figures and tables", path=files)


def exported_folder(run: Path, model: str, runtime: str) -> Path:
    """Where an exported model of ``run`` was measured; MedOptError when it was not."""
    folder = inside(run / "exported", f"{model}-{runtime}")
    if not any(folder.glob("metrics-*.json")):
        raise MedOptError(
            "the exported model was not measured",
            where=run.name,
            found=model,
            remedy=f"Measure it first: medopt validate PROJECT --run {run.name} --model {model} --runtime {runtime}",
        )
    return folder


def external_folder(project: Path, name: str) -> Path:
    """The folder of an external validation on a project; MedOptError when there is none of that name."""
    folder = inside(project / "external", name)
    if not (folder / "run.json").is_file():
        known = ", ".join(sorted(path.parent.name for path in (project / "external").glob("*/run.json"))) or "none yet"
        raise MedOptError(
            "there is no such external validation", where=project, expected=f"one of: {known}", found=name
        )
    return folder
