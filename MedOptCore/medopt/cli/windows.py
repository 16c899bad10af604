"""``medopt windows``: how a model should go over whole images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, RuntimeName
from medopt.cli.quantize import project_of
from medopt.cli.work import working


def command(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="The model's folder in PROJECT/models.", show_default=False)
    ],
    project: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The project. By default the one that MODEL lies in.", show_default=False),
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="Validation cases to measure on.")] = 10,
    allowed: Annotated[
        float, typer.Option(min=0, help="Dice that a faster way may lose against the best one.")
    ] = 0.001,
    runtime: Annotated[RuntimeName, typer.Option(help="The engine.")] = RuntimeName.onnxruntime,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Measure by which overlap of windows, and with which cascade, a segmentation model is fast and as good.

    Reads validation cases. Shows Dice, agreement with the most thorough way, and seconds a case, and names the fastest
    way that loses no more than allowed; changes nothing.

    \b
    Example:
      medopt windows hippocampus/models/run-001
    """
    from medopt.compression.quantize.package import split_of_model
    from medopt.inference import load_model
    from medopt.inference.package_files import read_section
    from medopt.inference.tuning import advised, measure_windows
    from medopt.project import Project

    folder = project or project_of(model)
    with working("windows", folder, events=events, job=job) as work:
        opened = Project.open(folder)
        split = split_of_model(opened, read_section(model, model))
        labelled = [case for case in split.validation if opened.label_path(case)]
        rows = measure_windows(
            load_model(model, runtime=runtime.value),
            labelled[:cases],
            opened.read_image,
            opened.read_label,
            reporter=work.reporter,
        )
        table = [vars(row) for row in rows]
        work.reporter.emit("result", title="windows", rows=table)
        best = advised(rows, allowed)
        text = f"Fastest within {allowed:g} of the best Dice: overlap {best.overlap:g}, " + (
            f"cascade {best.cascade}" if best.cascade > 1 else "no cascade"
        )
        work.reporter.emit("message", level="info", text=text)
