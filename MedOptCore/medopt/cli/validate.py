"""``medopt validate``: how good a run is, on subjects that it never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, RunOption, RuntimeName, Subset, Weights
from medopt.cli.runs import run_folder
from medopt.cli.tables import metric_rows
from medopt.cli.work import working
from medopt.files import inside


def command(
    project: ProjectArgument,
    run: RunOption = None,
    subset: Annotated[Subset, typer.Option(help="Which part of the split to measure on.")] = Subset.test,
    weights: Annotated[
        Weights, typer.Option(help="The best weights by the validation score, or the last ones.")
    ] = Weights.best,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="An exported model of the run, in place of its own weights.", show_default=False
        ),
    ] = None,
    runtime: Annotated[
        RuntimeName | None,
        typer.Option(
            help="The engine of that model. By default the one that it was brought to 8 bit for, else onnxruntime.",
            show_default=False,
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Measure a trained run on subjects that it never saw.

    Reads the run and the test part of the split. Writes predictions and metrics-test.json into the run's folder, with
    95 % intervals over subjects. Segmentation: Dice, surface Dice (NSD), 95 % Hausdorff distance and volume difference
    for each structure and case. Classification: AUROC, average precision, accuracy, sensitivity, specificity and more
    for each class. Detection: AP50, AP50:95 and FROC.

    \b
    Example:
      medopt validate hippocampus
    """
    from medopt.project import Project
    from medopt.validation.runs import validate_run

    with working("validate", project, events=events, job=job) as work:
        opened = Project.open(project)
        folder = run_folder(opened.folder, run)
        exported = None if model is None else inside(opened.models_folder, model)
        engine = engine_of(exported, runtime)
        results = validate_run(
            opened,
            folder.name,
            subset=subset.value,
            weights=weights.value,
            exported=exported,
            runtime=engine,
            reporter=work.reporter,
        )
        place = folder if exported is None else folder / "exported" / f"{exported.name}-{engine}"
        metrics = place / f"metrics-{subset.value}.json"
        title = f"{place.name} on {subset.value} cases"
        work.reporter.emit("result", title=title, rows=metric_rows(metrics))
        if results.left_out:
            rows = [{"case": entry.case, "reason": entry.reason} for entry in results.left_out]
            work.reporter.emit("result", title="Left out", rows=rows)
        work.reporter.emit("result", title="metrics", path=metrics)


def engine_of(package: Path | None, asked: RuntimeName | None) -> str:
    """The engine that was asked for, else the one that the exported model was made for."""
    from medopt.inference import DEFAULT_RUNTIME
    from medopt.inference.package_files import engine_made_for

    if asked is not None:
        return asked.value
    return DEFAULT_RUNTIME if package is None else engine_made_for(package)
