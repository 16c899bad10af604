"""``medopt train``: a model from the labelled cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.recipes import Wishes, choose_run, minutes_of, write_recipe
from medopt.cli.work import working


def command(
    project: ProjectArgument,
    recipe: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The recipe to train by. By default one is proposed from the data.", show_default=False
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="NAME",
            help="Name of the run. One of that name that is not finished is resumed. By default the newest run that "
            "is not finished and has the same recipe, else a new one.",
            show_default=False,
        ),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="How long to train. By default as the recipe says.", show_default=False),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="How long to train, as in 90s, 15m or 2h; in place of --minutes.", show_default=False
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="Begin from these weights: a run or a pretraining of this project by name, the folder of another run "
            "or of a MONAI bundle, or a file of weights (safetensors, or torch's).",
            show_default=False,
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps. By default auto.", show_default=False),
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="CPU threads of the network. By default all cores.", show_default=False)
    ] = None,
    track: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TRACKER",
            help="Also tell the course to tensorboard, or to mlflow or mlflow=URI. May be repeated.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of every random draw.", show_default=False)] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Change one field of the recipe, as in training.batch_size=4. May be repeated.",
            show_default=False,
        ),
    ] = None,
    recipe_file: Annotated[
        Path | None,
        typer.Option(
            "--write-recipe",
            metavar="FILE",
            help="Write the recipe to FILE for you to read and edit; train nothing.",
            show_default=False,
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Train a model on the training part of the split.

    Reads the labelled cases and a recipe: preprocessing, augmentation, network, schedule. Without one it proposes a
    recipe from the data. Writes the folder PROJECT/runs/NAME with the recipe, checkpoints and learning curves.

    Several GPUs or computers: start it with torchrun, as in torchrun --nproc-per-node 2 -m -- medopt train PROJECT.

    Ctrl-C saves a checkpoint and ends; the same command again goes on from there, also after a crash. A run is never
    continued by another recipe than the one it was started with.

    \b
    Examples:
      medopt train hippocampus --minutes 10
      medopt train hippocampus --write-recipe recipe.yaml
      medopt train hippocampus --time 1h --from ../other/runs/run-003 --track tensorboard
      medopt train hippocampus --recipe recipe.yaml --set training.batch_size=4
    """
    from medopt.project import Project
    from medopt.training import train

    with working("train", project, events=events, job=job) as work:
        opened = Project.open(project)
        wishes = Wishes(recipe, minutes if time is None else minutes_of(time), seed, tuple(settings or ()), source)
        if recipe_file is not None:
            write_recipe(opened, wishes, recipe_file)
            work.reporter.emit("result", title="recipe", path=recipe_file)
            return
        name, chosen = choose_run(opened, wishes, run)
        work.reporter.emit("message", level="info", text=f"Run {name}")
        train(
            opened,
            chosen,
            run=name,
            device=device,
            threads=threads,
            track=tuple(track or ()),
            reporter=work.reporter,
            stop=work.stop.polling(),
        )
