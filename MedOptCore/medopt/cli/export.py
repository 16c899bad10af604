"""``medopt export``: a trained run as a model that runs anywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, RunOption
from medopt.cli.runs import run_folder
from medopt.cli.work import working


def command(
    project: ProjectArgument,
    run: RunOption = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the model. By default the run's name.", show_default=False),
    ] = None,
    cases: Annotated[
        int, typer.Option(min=1, help="How many held-out cases must prove that the model gives the same.")
    ] = 5,
    as_zip: Annotated[
        bool, typer.Option("--zip", help="Also write the model as one file, PROJECT/models/NAME.zip.")
    ] = False,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Export a run as an ONNX model that needs no torch.

    Reads the run and some held-out cases. Writes PROJECT/models/NAME: model.onnx, a description of what goes in and
    out, a model card. It is written only when the exported model is proven to give what the trained one gives.

    \b
    Example:
      medopt export hippocampus --name hippocampus-1
    """
    from medopt.compression import export_run
    from medopt.project import Project

    with working("export", project, events=events, job=job) as work:
        opened = Project.open(project)
        folder = run_folder(opened.folder, run)
        model = export_run(opened, folder.name, name=name, cases=cases, reporter=work.reporter)
        if as_zip:
            from medopt.compression.package_folder import zip_package

            model = zip_package(model)
            work.reporter.emit("result", title="zip file", path=model)
        work.reporter.emit("message", level="info", text=f"Run it with: medopt predict {model} SCANS --output FOLDER")
