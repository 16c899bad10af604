"""``medopt lr-range``: which learning rates the network learns from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import ChangesOption, Events, EventsOption, JobOption, ProjectArgument, RecipeOption
from medopt.cli.recipes import Wishes, make_recipe
from medopt.cli.work import working


def command(
    project: ProjectArgument,
    recipe: RecipeOption = None,
    changes: ChangesOption = None,
    low: Annotated[float, typer.Option(min=1e-12, help="The first learning rate.")] = 1e-6,
    high: Annotated[float, typer.Option(min=1e-12, help="The last learning rate.")] = 1.0,
    steps: Annotated[int, typer.Option(min=20, max=10000, help="Steps from the first to the last.")] = 120,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The plot. By default PROJECT/cache/lr-range.png.", show_default=False),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Find a learning rate: train a fresh network for a minute while the rate rises.

    Reads training cases only; neither a run nor a model is made. Writes a plot, and beside it the numbers as JSON.
    Tells a rate to train with, as in: medopt train PROJECT --set training.learning_rate=0.01

    \b
    Example:
      medopt lr-range hippocampus
    """
    from medopt.files import write_bytes, write_json
    from medopt.project import Project
    from medopt.report.figures.canvas import to_png
    from medopt.report.figures.range_test import draw_range_test
    from medopt.training.range_test import learning_rate_range

    with working("lr-range", project, events=events, job=job) as work:
        opened = Project.open(project)
        chosen = make_recipe(opened, Wishes(recipe, None, None, tuple(changes or ())))
        found = learning_rate_range(
            opened, chosen, low=low, high=high, steps=steps, reporter=work.reporter, stop=work.stop.polling()
        )
        file = output or opened.cache_folder / "lr-range.png"
        used = chosen.training.learning_rate
        drawing = draw_range_test(found.rates, found.losses, found.smoothed, found.suggestion, used)
        write_bytes(file, to_png(drawing, dots_per_inch=130))
        write_json(file.with_suffix(".json"), {**found.to_json(), "optimiser": chosen.training.optimiser})
        if found.suggestion is None:
            text = "The loss never fell: check the labels and the preprocessing with medopt preview"
        else:
            text = f"Suggested learning rate {found.suggestion:g}; the recipe has {used:g}"
        work.reporter.emit("message", level="info", text=text)
        work.reporter.emit("result", title="learning rates", path=file)
