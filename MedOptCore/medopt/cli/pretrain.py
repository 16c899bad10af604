"""``medopt pretrain``: learn from all images, labelled or not, before the training proper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medopt.cli.options import ChangesOption, Events, EventsOption, JobOption, ProjectArgument, RecipeOption
from medopt.cli.recipes import STORED_RECIPE, Wishes, make_recipe, same_recipe
from medopt.cli.work import working
from medopt.errors import MedOptError
from medopt.jobs import list_jobs

if TYPE_CHECKING:
    from medopt.project import Project
    from medopt.training import Recipe
    from medopt.training.pretrain import PretrainSettings


def command(
    project: ProjectArgument,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long to learn.")] = 30.0,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the pretraining. One of that name that is not finished is resumed. By default the newest "
            "that is not finished and has the same recipe, else a new one.",
            show_default=False,
        ),
    ] = None,
    recipe: RecipeOption = None,
    hidden: Annotated[float, typer.Option(min=0.05, max=0.95, help="Share of each patch to hide and guess.")] = 0.75,
    changes: ChangesOption = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Pretrain the network on all images of the project, labelled or not, without looking at labels.

    Blocks of the images are hidden and the network learns to guess them, and with it the anatomy. Images of test
    subjects stay out. Writes the folder PROJECT/runs/NAME. A training begins from it when its recipe says so, as in:
    medopt train PROJECT --from NAME

    Ctrl-C saves a checkpoint and ends; the same command again goes on from there, also after a crash.

    \b
    Examples:
      medopt pretrain hippocampus --minutes 30
      medopt pretrain hippocampus --recipe recipe.yaml --name anatomy
    """
    from medopt.project import Project
    from medopt.training.pretrain import PretrainSettings, pretrain

    with working("pretrain", project, events=events, job=job) as work:
        opened = Project.open(project)
        settings = PretrainSettings(hidden=hidden)
        used, chosen = _choose(opened, Wishes(recipe, None, None, tuple(changes or ())), settings, name)
        work.reporter.emit("message", level="info", text=f"Pretraining {used}")
        folder = pretrain(
            opened,
            chosen,
            minutes=minutes,
            settings=settings,
            name=used,
            reporter=work.reporter,
            stop=work.stop.polling(),
        )
        text = f"Begin a training from it with: medopt train PROJECT --from {folder.name}"
        work.reporter.emit("message", level="info", text=text)


def _choose(project: Project, wishes: Wishes, settings: PretrainSettings, name: str | None) -> tuple[str, Recipe]:
    """The pretraining to begin or resume, and its recipe, as `choose_run` does for runs."""
    from medopt.project import load_split
    from medopt.training import Recipe
    from medopt.training.pretrain.pretraining import free_name, unfinished

    busy = _in_work(project.folder)
    if name is not None:
        if name in busy:
            raise MedOptError(
                "a worker is at this pretraining",
                where=name,
                remedy="Follow it with `medopt jobs follow`, stop it with `medopt jobs stop`, or give another name",
            )
        return name, make_recipe(project, wishes, stored_in=project.runs_folder / name)
    for folder in unfinished(project, load_split(project), settings):
        if folder.name not in busy:
            chosen = make_recipe(project, wishes, stored_in=folder)
            if same_recipe(chosen, Recipe.load(folder / STORED_RECIPE)):
                return folder.name, chosen
    return free_name(project), make_recipe(project, wishes)


def _in_work(project_folder: Path) -> set[str]:
    """Names of pretrainings that a living worker is at now."""
    names: set[str] = set()
    for job in list_jobs(project_folder):
        status = job.status()
        if status.state == "running" and status.command == "pretrain":
            names |= {str(event["run"]) for event in job.events()[0] if event["kind"] == "started" and event.get("run")}
    return names
