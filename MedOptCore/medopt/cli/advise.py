"""``medopt advise``: a recipe from the data, with a reason for every value."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.work import showing, working
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.events import Reporter
    from medopt.training.advice import Advice

DEFAULTS = ("default", "format")
"""Rules of values that no look at the data decides; they are shown on request only."""


def command(
    project: ProjectArgument,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="How long the training may take. By default 10.", show_default=False),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Steps of the training, instead of minutes.", show_default=False),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What will train: cpu, cuda or cuda:1. By default the best there is.",
            show_default=False,
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Show the values that the data do not decide, too.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole advice as one JSON object and nothing else.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the recipe to FILE for you to read and edit.", show_default=False),
    ] = None,
    advice_file: Annotated[
        Path | None,
        typer.Option(
            "--save-advice", metavar="FILE", help="Write the whole advice to FILE as JSON.", show_default=False
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Propose a whole recipe from the data, and say why for every value.

    Looks at the training part of the split, or at all labelled cases when there is no split: facts of all cases from
    the catalogue, intensities and labels of at most 12 cases. A few steps of the network are timed on this machine.
    `medopt train` without a recipe trains by the same advice. Changes nothing but a cache.

    \b
    Examples:
      medopt advise hippocampus --minutes 20
      medopt advise hippocampus --save recipe.yaml
    """
    from medopt.events import Silence
    from medopt.files import write_json
    from medopt.project import Project

    if save is not None and save.exists():
        raise MedOptError("the file is there already", where=save, remedy="Name another file, or delete this one first")
    with ExitStack() as stack:
        if job is None:
            output = stack.enter_context(showing(Events.text if as_json else events))
        else:
            output = stack.enter_context(working("advise", project, events=events, job=job)).reporter
        reporter = Silence() if as_json else output
        advice = _advise(Project.open(project), minutes, steps, device, reporter)
        if as_json:
            typer.echo(json.dumps(advice.to_json(), ensure_ascii=False, indent=1))
        elif events is Events.json:
            reporter.emit("result", title="advice", advice=advice.to_json())
        else:
            reporter.emit("result", title="Advice", rows=advice_rows(advice, everything=everything))
            reporter.emit("message", level="info", text=f"{advice.about[:1].upper()}{advice.about[1:]}")
        for caution in advice.cautions:
            reporter.emit("message", level="warning", text=caution.text)
        if save is not None:
            advice.recipe.save(save)
            reporter.emit("result", title="recipe", path=save)
        if advice_file is not None:
            write_json(advice_file, advice.to_json())
            reporter.emit("result", title="advice", path=advice_file)


def advice_rows(advice: Advice, *, everything: bool = False) -> list[dict[str, Any]]:
    """One row a reason: field, value as a person writes it, why. Without ``everything`` only what the data decide."""
    return [
        {"field": reason.field, "value": shown(reason.value), "why": reason.why}
        for reason in advice.reasons
        if (everything or reason.rule not in DEFAULTS) and not (reason.value is None and not everything)
    ]


def shown(value: Any) -> str:
    """A value on one line: "40, 56, 40", "(1, 2, 2) (2, 2, 2)", "normalize: method zscore"."""
    if isinstance(value, dict):
        kind = value.get("step") or value.get("preset")
        rest = [f"{k} {shown(v)}" for k, v in value.items() if k not in ("step", "preset", "techniques")]
        return f"{kind}: {', '.join(rest)}" if kind and rest else str(kind or ", ".join(rest))
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, (list, tuple)) for item in value):
            return " ".join(f"({shown(item)})" for item in value)
        return ", ".join(shown(item) for item in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)


def _advise(project: Any, minutes: float | None, steps: int | None, device: str | None, reporter: Reporter) -> Advice:
    from medopt.training.advice import advise

    return advise(project, minutes=minutes, steps=steps, device=device, reporter=reporter)
