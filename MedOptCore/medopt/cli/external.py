"""``medopt external``: how good a model of one project is on another."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, Weights
from medopt.cli.tables import interval, metric_rows
from medopt.cli.work import working
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.events import Reporter
    from medopt.validation.external import ExternalRecord


class Part(str, Enum):
    """Which cases of the other project are measured."""

    all = "all"
    test = "test"
    validation = "validation"
    train = "train"


def command(
    project: ProjectArgument,
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="A run (OTHER-PROJECT/runs/NAME) or an exported model (its folder).",
            show_default=False,
        ),
    ],
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="MODEL=PROJECT",
            help="Which class of the model is which of PROJECT, where terminology codes and names do not tell. May be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    part: Annotated[Part, typer.Option(help="Which cases of PROJECT; a look at its test part is counted.")] = Part.all,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Results on the model's own unseen subjects. By default those of its run.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the outcome. By default made of the model's.", show_default=False),
    ] = None,
    weights: Annotated[
        Weights, typer.Option(help="Of a run: the best weights by the validation score, or the last ones.")
    ] = Weights.best,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """External validation: measure a model of another project on the cases of this one.

    PROJECT is the other institution, scanner or time. Tells the figures with intervals, how much they differ from
    those on the model's own unseen subjects, and where that may come from: subgroups, intensities after the model's own
    preprocessing, spacing, extent and orientation. Writes PROJECT/external/NAME with predictions, figures and a report;
    the model's own project is only read.

    \b
    Examples:
      medopt external other-hospital hippocampus/runs/run-001
      medopt external other-hospital models/run-001 --class "Anterior=Head of hippocampus"
    """
    from medopt.project import Project
    from medopt.report import make_report, make_report_files
    from medopt.validation.external import load_external, validate_external

    given = _pairs(classes or [])
    with working("external", project, events=events, job=job, hidden=[model]) as work:
        opened = Project.open(project)
        folder = validate_external(
            opened,
            model,
            classes=given,
            part=part.value,
            against=against,
            name=name,
            weights=weights.value,
            reporter=work.reporter,
        )
        metrics = folder / "metrics-external.json"
        work.reporter.emit("result", title=f"{folder.name} on {opened.settings.name}", rows=metric_rows(metrics))
        record = load_external(folder)
        if record is not None:
            _tell(record, work.reporter)
        _tell_left_out(metrics, work.reporter)
        page = make_report(folder, project=opened, subset="external", reporter=work.reporter)
        make_report_files(folder, subset="external", reporter=work.reporter)
        work.reporter.emit("result", title="metrics", path=metrics)
        work.reporter.emit("result", title="report", path=page)


def _pairs(given: list[str]) -> dict[str, str]:
    found = {}
    for text in given:
        ours, sign, theirs = text.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            raise MedOptError("not a pair of classes", where="--class", expected="MODEL=PROJECT", found=text)
        found[ours.strip()] = theirs.strip()
    return found


def _tell(record: ExternalRecord, reporter: Reporter) -> None:
    from medopt.validation import MEASURES

    rows = [
        {"class of the model": pair.model, "of the project": pair.project, "by": pair.by} for pair in record.classes
    ]
    reporter.emit("result", title="Classes", rows=rows)
    for names, whose in ((record.model_only, "the model"), (record.project_only, "the project")):
        if names:
            text = f"Only {whose} has {', '.join(names)}: not scored"
            reporter.emit("message", level="warning", text=text)
    changed: list[dict[str, Any]] = [
        {
            "structure": row.structure,
            "metric": MEASURES[row.metric].title,
            "internal": interval(row.internal.model_dump()),
            "external": interval(row.external.model_dump()),
            "difference": interval({"estimate": row.difference, "low": row.low, "high": row.high}),
            "": row.change,
        }
        for row in record.changes
    ]
    if changed:
        reporter.emit("result", title=f"Against {record.internal}", rows=changed)
    for words in (*record.findings, *record.notes):
        reporter.emit("message", level="info", text=words)


def _tell_left_out(metrics: Path, reporter: Reporter) -> None:
    from medopt.validation import load_results

    left_out = load_results(metrics).left_out
    if left_out:
        reporter.emit(
            "result", title="Left out", rows=[{"case": entry.case, "reason": entry.reason} for entry in left_out]
        )
