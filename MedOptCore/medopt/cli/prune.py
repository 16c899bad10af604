"""``medopt prune``: a smaller network out of a trained one."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Annotated, Any, TypeVar

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument, RunOption
from medopt.cli.recipes import change_field, minutes_of
from medopt.cli.runs import run_folder
from medopt.cli.work import working
from medopt.settings import Settings

S = TypeVar("S", bound=Settings)


class Cost(str, Enum):
    """What is to become less."""

    multiply_adds = "multiply-adds"
    parameters = "parameters"


NameOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Name of the new run. By default the old one's and what was done. One of that name is resumed.",
        show_default=False,
    ),
]
TimeOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="How long to train in all, as in 90s, 15m or 2h.", show_default=False),
]
SettingsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Change one more setting, as in tuning.rate=0.3. May be repeated.",
        show_default=False,
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps. By default auto.", show_default=False),
]
ThreadsOption = Annotated[
    int | None, typer.Option(min=1, help="CPU threads of the network. By default all cores.", show_default=False)
]


def complete(kind: type[S], typed: dict[str, Any], changes: Sequence[str], name: str) -> S:
    """Settings of a step from the options that were typed, then from ``FIELD=VALUE`` changes."""
    values = kind.parse(typed, name).model_dump(mode="json")
    for change in changes:
        change_field(values, change)
    return kind.parse(values, name)


def command(
    project: ProjectArgument,
    run: RunOption = None,
    remove: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=0.99, help="Share of the cost, or of the weights, to remove. By default 0.5; of weights 0.8."
        ),
    ] = None,
    of: Annotated[Cost, typer.Option(help="Which cost.")] = Cost.multiply_adds,
    zeros: Annotated[
        bool, typer.Option("--zeros", help="Make single weights zero in place of removing whole feature maps.")
    ] = False,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="Rounds of removing and training.")] = 1,
    teach: Annotated[bool, typer.Option("--teach", help="Let the old run teach the pruned one.")] = False,
    control: Annotated[
        bool, typer.Option("--control", help="Remove nothing, only train as long: what to compare with.")
    ] = False,
    time: TimeOption = None,
    name: NameOption = None,
    settings: SettingsOption = None,
    device: DeviceOption = None,
    threads: ThreadsOption = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Make a smaller network out of a trained one, and train it on.

    Whole feature maps are removed, those first whose loss costs the least accuracy on training cases; what is left is
    a plain narrower network. It becomes a new run in PROJECT/runs on the same split, to be validated, reported and
    exported like any other. Without --time it trains a quarter as long as the old run did.

    A network also gains from training alone: make a --control beside it, and compare with that.

    \b
    Examples:
      medopt prune hippocampus --run run-001 --remove 0.5 --time 5m
      medopt prune hippocampus --run run-001 --control --time 5m
      medopt prune hippocampus --run run-001 --remove 0.75 --rounds 3 --teach
    """
    values: dict[str, Any] = {}
    if remove is not None and not control:
        values["amount"] = remove
    if not zeros and not control:
        values |= {"of": of.value.replace("-", "_"), "rounds": rounds}
    if teach and not control:
        values["teaching"] = {}
    if time is not None:
        values["tuning"] = {"minutes": minutes_of(time)}
    with working("prune", project, events=events, job=job) as work:
        from medopt.compression.run import Means, prune_run
        from medopt.compression.settings import ControlSettings, PruneSettings, SparsifySettings
        from medopt.project import Project

        changes = settings or ()
        chosen: ControlSettings | SparsifySettings | PruneSettings
        if control:
            chosen = complete(ControlSettings, values, changes, "prune")
        elif zeros:
            chosen = complete(SparsifySettings, values, changes, "prune")
        else:
            chosen = complete(PruneSettings, values, changes, "prune")
        opened = Project.open(project)
        folder = prune_run(
            opened,
            run_folder(opened.folder, run).name,
            chosen,
            name=name,
            means=Means(device, threads, work.reporter, work.stop.polling()),
        )
        work.reporter.emit(
            "message", level="info", text=f"Measure it with: medopt validate {project} --run {folder.name}"
        )
