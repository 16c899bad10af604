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
    stratify_by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An attribute whose values are kept alike in all parts, too. May be repeated. By default site.",
            show_default=False,
        ),
    ] = None,
    from_attribute: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Take over a published split from this attribute of the cases (train, validation, test). A validation "
            "or test part that it lacks is drawn from its training subjects.",
            show_default=False,
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Draw a new split although models were trained on the one that is there.")
    ] = False,
    events: EventsOption = Events.text,
) -> None:
    """Split the labelled cases by subject into training, validation and test.

    Done once, before any training; it is kept in PROJECT with a checksum, and repeating the command gives the same
    split. All scans of a subject fall into one part. The test part stays sealed until `medopt validate` opens it. Of
    images that stand in two parts of a published split, the copy in the less sealed one is left out and told.

    \b
    Example:
      medopt split hippocampus --test 0.2 --validation 0.1
      medopt split xray --from-attribute split
    """
    from medopt.project import Project, make_split
    from medopt.project.splitting import SITE

    with showing(events) as output:
        parts = make_split(
            Project.open(project),
            test=test,
            validation=validation,
            seed=seed,
            stratify=stratify,
            stratify_by=stratify_by or SITE,
            from_attribute=from_attribute,
            replace=replace,
            reporter=output,
        )
        rows = [
            {"part": part, "subjects": len(parts.subjects[part]), "cases": len(getattr(parts, part))}
            for part in ("train", "validation", "test")
        ]
        output.emit("result", title="Split", rows=rows)
        if parts.unassigned:
            text = f"{len(parts.unassigned)} labelled cases came after the split and are in no part; see --replace"
            if from_attribute is not None:
                text = f"{len(parts.unassigned)} labelled cases are in no part"
            output.emit("message", level="warning", text=text)
        output.emit("message", level="info", text=f"Checksum {parts.hash[:12]}, seed {parts.seed}")
