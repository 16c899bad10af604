"""``medopt agreement``: how far annotators agree, and what they mean together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.tables import interval
from medopt.cli.work import working

if TYPE_CHECKING:
    from medopt.events import Reporter
    from medopt.labelling.agreement import Agreement
    from medopt.validation import Interval


def command(
    project: ProjectArgument,
    annotators: Annotated[
        list[str] | None,
        typer.Option(
            "--annotator",
            metavar="NAME",
            help="Compare this annotator's labels; repeat it. By default everybody's.",
            show_default=False,
        ),
    ] = None,
    blind: Annotated[
        bool, typer.Option("--blind", help="Only labels that were made without sight of a proposal.")
    ] = False,
    tolerance: Annotated[float, typer.Option(min=0, metavar="MM", help="Of NSD (surface Dice), in mm.")] = 1.0,
    write: Annotated[
        bool, typer.Option("--write-consensus", help="Save the consensus of each case as a new version of its label.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FOLDER",
            help="Where tables and picture go. By default PROJECT/reports.",
            show_default=False,
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Tell how far annotators agree on the cases that several of them labelled.

    Reads of each annotator the last version in the history of a label. Segmentation: Dice and NSD of each pair, and
    each annotator's sensitivity and specificity against the STAPLE consensus. Detection: boxes that are the same.
    Classification: share of the same answer, Cohen's and Fleiss' kappa. With n and 95 % intervals over subjects. Writes
    agreement.csv, agreement-cases.csv and agreement.png.

    \b
    Examples:
      medopt agreement hippocampus
      medopt agreement hippocampus --annotator kim --annotator lee --blind
      medopt agreement hippocampus --write-consensus
    """
    from medopt.files import write_bytes
    from medopt.labelling.agreement import measure_agreement, write_agreement_tables
    from medopt.project import Project

    with working("agreement", project, events=events, job=job) as work:
        opened = Project.open(project)
        found = measure_agreement(
            opened, annotators=annotators or None, blind=blind, tolerance_mm=tolerance, reporter=work.reporter
        )
        _tell(found, work.reporter)
        folder = opened.reports_folder if output is None else output
        for title, path in zip(("figures", "cases"), write_agreement_tables(found, folder), strict=True):
            work.reporter.emit("result", title=title, path=path)
        if write:
            _write(opened, annotators or None, blind, work.reporter)
        from medopt.report.agreement_picture import draw_agreement  # last, for it is all that needs matplotlib
        from medopt.report.figures.canvas import to_png

        picture = folder / "agreement.png"
        write_bytes(picture, to_png(draw_agreement(found)))
        work.reporter.emit("result", title="picture", path=picture)


def _tell(found: Agreement, reporter: Reporter) -> None:
    text = f"{len(found.cases)} cases that at least two of {len(found.annotators)} annotators labelled: "
    reporter.emit("message", level="info", text=text + ", ".join(found.annotators))
    if found.from_proposal:
        text = (
            f"{found.from_proposal} of the {found.labels} labels began as a model's proposal, which makes annotators "
        )
        text += "alike; --blind compares only those that were made without sight of one"
        reporter.emit("message", level="warning", text=text)
    reporter.emit("result", title="Agreement", rows=agreement_rows(found))
    if found.raters:
        rows = [
            {
                "annotator": rater.annotator,
                "class": rater.structure,
                "sensitivity": _value(rater.sensitivity),
                "specificity": _value(rater.specificity),
                "n": rater.sensitivity.n,
            }
            for rater in found.raters
        ]
        reporter.emit("result", title="Against the STAPLE consensus", rows=rows)
        if len(found.annotators) == 2:
            text = "With two annotators STAPLE cannot tell who is right where they differ; read these levels with care"
            reporter.emit("message", level="warning", text=text)
    if found.left_out:
        rows = [{"case": item.case, "reason": item.reason} for item in found.left_out]
        reporter.emit("result", title="Left out", rows=rows)


def agreement_rows(found: Agreement) -> list[dict[str, Any]]:
    """One row a pair and class: each measure with its interval, and n in cases."""
    from medopt.labelling.agreement import MEASURES

    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for one in found.rows:
        row = rows.setdefault(
            (one.structure, one.who), {"class": one.structure, "annotators": one.who, "n": one.value.n}
        )
        row[MEASURES[one.measure]] = _value(one.value) + (f", n = {one.value.n}" if one.value.n != row["n"] else "")
    titles = dict.fromkeys(key for row in rows.values() for key in row)
    return [{title: row.get(title, "") for title in titles} for row in rows.values()]


def _value(value: Interval) -> str:
    return interval({"estimate": value.estimate, "low": value.low, "high": value.high})


def _write(project: Any, annotators: list[str] | None, blind: bool, reporter: Reporter) -> None:
    from medopt.labelling.agreement import write_consensus

    done = write_consensus(project, annotators=annotators, blind=blind, reporter=reporter)
    text = f"Consensus saved for {len(done.written)} cases; {len(done.unchanged)} had it already"
    reporter.emit("message", level="info", text=text + (f"; {len(done.left_out)} have none" if done.left_out else ""))
