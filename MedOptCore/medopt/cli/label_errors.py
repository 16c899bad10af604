"""``medopt label-errors``: which labels to look at again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, Weights
from medopt.cli.work import working

if TYPE_CHECKING:
    from medopt.labelling.label_errors import LabelErrors
    from medopt.project import Project


def command(
    project: ProjectArgument,
    crossval: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The cross-validation whose models are asked. By default the newest.",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[Weights, typer.Option(help="Which checkpoint of each fold.")] = Weights.best,
    count: Annotated[int, typer.Option(min=1, help="How many cases the table shows; the file has all.")] = 20,
    temperature: Annotated[
        float, typer.Option(min=0.001, help="Of the soft minimum: lower ones look at the worst voxels alone.")
    ] = 0.1,
    flag: Annotated[bool, typer.Option("--flag", help="Flag the suspected cases with the reason.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The CSV file. By default PROJECT/reports/label-errors.csv.",
            show_default=False,
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Rank the labels by how likely they are wrong.

    Reads a cross-validation and asks for each case the model that never saw it. Segmentation: the soft minimum of the
    probability of each voxel's label. Classification: confident learning. Detection: boxes that the model does not find
    or finds in addition. A low score says look here, not that the label is wrong. Writes label-errors.csv.

    \b
    Examples:
      medopt label-errors hippocampus
      medopt label-errors hippocampus --crossval cv-001 --flag
    """
    from medopt.labelling.label_errors import rank_label_errors, write_label_errors
    from medopt.project import Project

    with working("label-errors", project, events=events, job=job) as work:
        opened = Project.open(project)
        found = rank_label_errors(
            opened,
            crossval,
            weights=weights.value,
            temperature=temperature,
            stop=work.stop.polling().requested,
            reporter=work.reporter,
        )
        if work.stop.requested():
            return
        suspected = sum(one.quality.suspected for one in found.suspects)
        text = f"{len(found.suspects)} labels against the models of {found.crossval}; {suspected} are suspected"
        work.reporter.emit("message", level="info", text=text)
        work.reporter.emit("result", title="Labels to look at first", rows=suspect_rows(found, count))
        if found.left_out:
            rows = [{"case": item.case, "reason": item.reason} for item in found.left_out]
            work.reporter.emit("result", title="Left out", rows=rows)
        path = opened.reports_folder / "label-errors.csv" if output is None else output
        write_label_errors(found, path)
        work.reporter.emit("result", title="all labels", path=path)
        if flag:
            text = f"{flag_suspects(opened, found)} cases flagged; flags that were there stay"
            work.reporter.emit("message", level="info", text=text)


def suspect_rows(found: LabelErrors, count: int) -> list[dict[str, Any]]:
    """One row a case, the most doubtful first, with where to look in LPS mm."""
    rows = []
    for suspect in found.suspects[:count]:
        quality = suspect.quality
        rows.append(
            {
                "case": suspect.case,
                "score": round(quality.score, 3),
                "suspected": "yes" if quality.suspected else "",
                "reason": quality.reason,
                "place (LPS mm)": "" if quality.place is None else ", ".join(f"{v:.0f}" for v in quality.place),
                "by class": ", ".join(f"{one.structure} {one.score:.2f}" for one in quality.by_class),
            }
        )
    return rows


def flag_suspects(project: Project, found: LabelErrors) -> int:
    """Flag the suspected cases that have no flag yet; how many."""
    flagged = 0
    for suspect in found.suspects:
        if suspect.quality.suspected and project.case(suspect.case).flag is None:
            reason = suspect.quality.reason or "the model disagrees"
            project.set_flag(suspect.case, f"suspected label error ({suspect.quality.score:.2f}): {reason}")
            flagged += 1
    return flagged
