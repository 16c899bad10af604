"""``medopt next``: which case to label now."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, ProjectArgument
from medopt.cli.work import showing
from medopt.errors import MedOptError


def command(
    project: ProjectArgument,
    annotator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Who will label it; a handle, not a name.", show_default=False),
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(metavar="NAME", help="random_foreground, clasp_pe, most_uncertain, most_diverse or in_order."),
    ] = "random_foreground",
    part: Annotated[
        str,
        typer.Option(
            metavar="train|test|all", help="train: all that a model may learn from; test: the test subjects alone."
        ),
    ] = "train",
    skip: Annotated[
        list[str] | None,
        typer.Option(metavar="CASE", help="Not this one. May be repeated.", show_default=False),
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long nobody else gets the case.")] = 30.0,
    seed: Annotated[int, typer.Option(min=0, help="Of the random draws.")] = 1,
    ranking: Annotated[
        int, typer.Option("--list", min=0, metavar="N", help="Show the first N cases of the ranking, and lease none.")
    ] = 0,
    events: EventsOption = Events.text,
) -> None:
    """Tell which case to label now and why, and keep it for the annotator.

    While there is no model the cases of the core set come first. No two annotators get the same case until its label is
    saved or the time is over. Cases of test subjects are not proposed unless `--part` asks for them, and then in a
    random order on which no model has a say.

    \b
    Examples:
      medopt next hippocampus --annotator kim --strategy clasp_pe
      medopt next hippocampus --list 10
    """
    from medopt.labelling.next_case import next_case, rank_cases, waiting_in_test
    from medopt.project import Project

    with showing(events) as output:
        opened = Project.open(project)
        chosen: dict[str, Any] = {"part": part, "skip": skip or (), "seed": seed, "reporter": output}
        if ranking:
            choices = rank_cases(opened, strategy, **chosen)
            shown = [{"place": n, "case": c.case_id, "why": c.reason} for n, c in enumerate(choices[:ranking], 1)]
            output.emit("result", title=f"First of {len(choices)} cases", rows=shown)
            return
        if annotator is None:
            raise MedOptError("for whom?", expected="--annotator NAME, or --list N to look only")
        found = next_case(opened, annotator, strategy, minutes=minutes, **chosen)
        if found is None:
            text = "No case is left that nobody else has"
            tested = waiting_in_test(opened) if part == "train" else 0
            if tested:
                text += f"; {tested} cases of test subjects wait for a label: --part test"
            output.emit("message", level="info", text=text)
            return
        row: dict[str, Any] = {"case": found.case_id, "why": found.reason, "place": f"{found.position} of {found.of}"}
        if found.expires is not None:
            row["yours until"] = found.expires.astimezone().strftime("%H:%M")
        output.emit("result", title="Next case", rows=[row])
