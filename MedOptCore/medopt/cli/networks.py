"""``medopt networks``: which networks could train by a recipe, and what each costs."""

from __future__ import annotations

import dataclasses
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import ChangesOption, Events, EventsOption, JobOption, ProjectArgument, RecipeOption
from medopt.cli.recipes import Wishes, make_recipe
from medopt.cli.work import showing, working
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.training.advice.choices import NetworkChoice

FORMAT = 1
"""Version of the file."""


def command(
    project: ProjectArgument,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only this family, as in unet or resnet.", show_default=False),
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="S|M|L", help="Only networks of this size.", show_default=False)
    ] = None,
    time: Annotated[
        bool, typer.Option("--time", help="Measure a training step of each, a second or two a network.")
    ] = False,
    device: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What will train. By default the best there is.", show_default=False),
    ] = None,
    recipe: RecipeOption = None,
    changes: ChangesOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write the networks, complete for a recipe, as JSON.", show_default=False
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Show which networks could train by a recipe: parameters, multiply-adds and memory of each.

    Strides and feature maps follow the recipe's patch and the spacing of its images. Nothing is trained. Changes
    nothing but a cache of measured times.

    \b
    Examples:
      medopt networks hippocampus
      medopt networks hippocampus --recipe recipe.yaml --name resnet --time
    """
    from medopt.files import write_json
    from medopt.networks.sizes import SIZES
    from medopt.project import Project
    from medopt.training.advice.adviser import SPEEDS
    from medopt.training.advice.choices import network_choices
    from medopt.training.advice.machine import this_machine

    sizes = tuple(one for one in SIZES if size in (None, one))
    if not sizes:
        raise MedOptError("unknown size of network", where="--size", expected=", ".join(SIZES), found=str(size))
    with ExitStack() as stack:
        if job is None:
            reporter = stack.enter_context(showing(events))
        else:
            reporter = stack.enter_context(working("networks", project, events=events, job=job)).reporter
        opened = Project.open(project)
        used = make_recipe(opened, Wishes(recipe, None, None, tuple(changes or ())))
        found = list(
            network_choices(
                opened,
                used,
                this_machine(device),
                names=() if name is None else (name,),
                sizes=sizes,
                timed=time,
                cache=opened.cache_folder / SPEEDS,
            )
        )
        reporter.emit("result", title="Networks", rows=[choice_row(one) for one in found])
        for one in found:
            if one.problem:
                reporter.emit("message", level="warning", text=f"{one.name} {one.size}: {one.problem}")
        if output is not None:
            write_json(output, {"format": FORMAT, "networks": [dataclasses.asdict(one) for one in found]})
            reporter.emit("result", title="networks", path=output)


def choice_row(one: NetworkChoice) -> dict[str, Any]:
    """One line of the table; numbers are left out where the network cannot train by the recipe."""
    row: dict[str, Any] = {"network": one.name, "size": one.size, "parameters": "", "multiply-adds": ""}
    row |= {"memory": "", "a step": ""}
    if one.problem:
        return row
    row["parameters"] = f"{one.parameters:,}"
    row["multiply-adds"] = f"{one.multiply_adds / 1e9:.3g} G"
    row["memory"] = f"{one.step_bytes / 2**30:.2f} GiB" + ("" if one.fits else ", too much")
    row["a step"] = "" if one.seconds is None else f"{one.seconds:.3g} s"
    return row
