"""``medopt split``: which subjects teach, which tune, which test."""

from __future__ import annotations

from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, ProjectArgument
from medopt.cli.work import showing


def command(
    project: ProjectArgument,
    test: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the subjects that are held out for the final test.")
    ] = 0.2,
    validation: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the subjects that training looks at to choose its best weights."),
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Of the random draw: the same seed gives the same split.")] = 1,
    stratify: Annotated[
        bool, typer.Option("--stratify/--no-stratify", help="Keep the structures' shares alike in all parts.")
    ] = True,
    replace: Annotated[
        bool, typer.Option("--replace", help="Draw a new split although models were trained on the one that is there.")
    ] = False,
    events: EventsOption = Events.text,
) -> None:
    """Split the labelled cases by subject into training, validation and test.

    Done once, before any training; it is kept in PROJECT with a checksum, and repeating the command gives the same
    split. All scans of a subject fall into one part. The test part stays sealed until `medopt validate` opens it.

    \b
    Example:
      medopt split hippocampus --test 0.2 --validation 0.1
    """
    from medopt.project import Project, make_split

    with showing(events) as output:
        parts = make_split(
            Project.open(project), test=test, validation=validation, seed=seed, stratify=stratify, replace=replace
        )
        rows = [
            {"part": part, "subjects": len(parts.subjects[part]), "cases": len(getattr(parts, part))}
            for part in ("train", "validation", "test")
        ]
        output.emit("result", title="Split", rows=rows)
        if parts.unassigned:
            text = f"{len(parts.unassigned)} labelled cases came after the split and are in no part; see --replace"
            output.emit("message", level="warning", text=text)
        output.emit("message", level="info", text=f"Checksum {parts.hash[:12]}, seed {parts.seed}")
