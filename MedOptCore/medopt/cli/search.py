"""``medopt search``: the hyper-parameters that suit these data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import ChangesOption, Events, EventsOption, JobOption, ProjectArgument, RecipeOption
from medopt.cli.output import duration
from medopt.cli.places import JobsOption, place_of
from medopt.cli.recipes import Wishes, make_recipe, same_recipe
from medopt.cli.work import Work, working
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.project import Project
    from medopt.training import Recipe
    from medopt.training.search import Search, SearchOutcome, SearchSettings

BASE_RECIPE = "base-recipe.yaml"
SPACE = "search.yaml"
TOP = 10
"""Trials shown in the table."""
QUIET_SECONDS = 3600.0
"""How long a worker on another machine may be silent before its trial is taken over."""


def command(
    project: ProjectArgument,
    trials: Annotated[
        int | None, typer.Option(min=1, help="In all rounds together. By default 27.", show_default=False)
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            help="Full training time of a trial; most get less. By default as the recipe says.",
            show_default=False,
        ),
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What to search (YAML). By default ranges around the recipe.", show_default=False
        ),
    ] = None,
    recipe: RecipeOption = None,
    changes: ChangesOption = None,
    folds: Annotated[
        int | None,
        typer.Option(min=1, help="Validation folds that a trial is judged on. By default 1.", show_default=False),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the values drawn.", show_default=False)] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the search. By default the newest of the same settings, else a new one.",
            show_default=False,
        ),
    ] = None,
    jobs: JobsOption = "1",
    workers: Annotated[
        int, typer.Option(min=1, help="Workers in the queue of a cluster, with --jobs slurm.", show_default=True)
    ] = 4,
    space_file: Annotated[
        Path | None,
        typer.Option(
            "--write-space",
            metavar="FILE",
            help="Write what would be searched to FILE for you to read and edit; train nothing.",
            show_default=False,
        ),
    ] = None,
    worker: Annotated[bool, typer.Option("--worker", hidden=True)] = False,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Search hyper-parameters: many short trainings, then longer ones within ranges that narrow around the best.

    Trials learn from training cases and are judged on validation cases only; the test part is never read. Hopeless
    ones are ended early. Writes PROJECT/runs/NAME with the best recipe, a table and plots, to be trained by
    medopt train PROJECT --recipe PROJECT/runs/NAME/best-recipe.yaml.

    Ctrl-C saves the trial at work and ends; the same command again goes on from there, also after a crash.

    \b
    Examples:
      medopt search hippocampus --trials 27 --minutes 5
      medopt search hippocampus --write-space space.yaml
      medopt search hippocampus --space space.yaml --jobs 2
    """
    from medopt.project import Project
    from medopt.training.search import check_space, plan_rounds, training_amount

    with working("search", project, events=events, job=job) as work:
        opened = Project.open(project)
        wishes = Wishes(recipe, minutes, None, tuple(changes or ()))
        asked = {"trials": trials, "folds": folds, "seed": seed}
        if space_file is not None:
            if space_file.exists():
                raise MedOptError("the file is there already", where=space_file, remedy="Name another file")
            search_settings(make_recipe(opened, wishes), space, asked).save(space_file)
            work.reporter.emit("result", title="space", path=space_file)
            return
        folder, base, settings = _chosen(opened, wishes, space, asked, name)
        check_space(base, settings)
        if not (folder / BASE_RECIPE).is_file():
            base.save(folder / BASE_RECIPE)
        amount = training_amount(plan_rounds(settings)) * settings.folds
        if not worker:
            _tell_begin(folder.name, settings, amount, base, work)
        if worker or jobs == "1":
            search = _search(folder, settings)
            finished = _work_on(opened, search, base, work)
        else:
            finished = _fan_out(opened, folder, settings, jobs, workers, work)
            search = _search(folder, settings)
        if not worker:
            _tell_results(search, base, work, finished=finished)


def search_settings(base: Recipe, space: Path | None, asked: dict[str, int | None]) -> SearchSettings:
    """From the user's file, else the default ranges; with what the user typed."""
    from medopt.training.search import SearchSettings, default_space

    if space is not None:
        values = SearchSettings.load(space).model_dump(mode="json")
    else:
        values = {"dimensions": [one.model_dump(mode="json") for one in default_space(base)]}
    values |= {key: value for key, value in asked.items() if value is not None}
    return SearchSettings.parse(values, space or "the search")


def _chosen(
    project: Project, wishes: Wishes, space: Path | None, asked: dict[str, int | None], name: str | None
) -> tuple[Path, Recipe, SearchSettings]:
    """The search to go on with, or a new one: its folder, recipe and settings."""
    from medopt.files import inside
    from medopt.project.names import is_safe_name
    from medopt.training import Recipe
    from medopt.training.search import SearchSettings

    there = [path.parent for path in project.runs_folder.glob(f"*/{SPACE}")]
    for folder in sorted(there, key=lambda path: (path.stat().st_mtime, path.name), reverse=True):
        if name not in (None, folder.name) or not (folder / BASE_RECIPE).is_file():
            continue
        stored, settings = Recipe.load(folder / BASE_RECIPE), SearchSettings.load(folder / SPACE)
        changed = any((wishes.recipe, wishes.minutes, wishes.settings))
        wished = _wished(project, wishes, stored) if changed else stored
        plain = space is None and not any(value is not None for value in asked.values())
        if same_recipe(wished, stored) and (plain or search_settings(stored, space, asked) == settings):
            return folder, stored, settings
        if name is not None:
            raise MedOptError(
                f"the search {name} was begun with another recipe or other settings",
                where=project.folder,
                remedy="Repeat the command as it was, or give the new search another name",
            )
    base = make_recipe(project, wishes)
    taken = [int(path.name[7:]) for path in project.runs_folder.glob("search-*") if path.name[7:].isdigit()]
    chosen = name or f"search-{1 + max(taken, default=0):03d}"
    if not is_safe_name(chosen) or (project.runs_folder / chosen / "run.json").is_file():
        raise MedOptError(
            "not a name for a search", expected="letters, digits, - and _, and no run of that name", found=chosen
        )
    folder = inside(project.runs_folder, chosen)
    folder.mkdir(parents=True, exist_ok=True)
    return folder, base, search_settings(base, space, asked)


def _wished(project: Project, wishes: Wishes, stored: Recipe) -> Recipe:
    """The stored recipe with the user's changes, or the user's own."""
    from medopt.cli.recipes import change_field
    from medopt.training import Recipe

    if wishes.recipe is not None:
        return make_recipe(project, wishes)
    values = stored.model_dump(mode="json")
    if wishes.minutes is not None:
        values["training"].update(minutes=wishes.minutes, steps=None)
    for text in wishes.settings:
        change_field(values, text)
    return Recipe.parse(values, "the recipe")


def _search(folder: Path, settings: SearchSettings) -> Search:
    """The search as this process sees it: trials of living workers are theirs."""
    import json
    import os

    from medopt.jobs.process import ProcessMark, is_alive, is_here, mark_of
    from medopt.training.search import Search

    def alive(other: str, quiet_s: float) -> bool:
        try:
            mark = ProcessMark.from_json(json.loads(other))
        except ValueError:
            return False
        if mark is None:
            return False
        return is_alive(mark) if is_here(mark) else quiet_s < QUIET_SECONDS

    return Search(folder, settings, worker=json.dumps(mark_of(os.getpid()).to_json()), alive=alive)


def _work_on(project: Project, search: Search, base: Recipe, work: Work) -> bool:
    from medopt.training.search import TrainingObjective, run_search, validation_splits

    splits = validation_splits(project, search.settings.folds)
    stop = work.stop.polling()
    objective = TrainingObjective(project, search, base, splits, reporter=work.reporter, stop=stop)
    return run_search(search, objective, reporter=work.reporter, stop=stop, on_end=objective.clean)


def _fan_out(project: Project, folder: Path, settings: SearchSettings, jobs: str, workers: int, work: Work) -> bool:
    """Workers side by side until the search is finished; whether it is."""
    from medopt.jobs.fanout import FanOut, FanTask

    search = _search(folder, settings)  # writes the settings that the workers read
    count = workers if jobs == "slurm" else int(jobs) if jobs.isdigit() else 1
    words = ("search", str(project.folder), "--name", folder.name, "--worker")
    tasks = [FanTask(f"{folder.name}-worker{number}", words) for number in range(1, count + 1)]
    fan = FanOut(project.folder, place_of(jobs), stage="workers", reporter=work.reporter, stop=work.stop.polling())
    failed = [result for result in fan.run(tasks) if result.state in ("failed", "lost")]
    if failed and not search.finished:
        raise MedOptError(
            f"{len(failed)} of {count} workers failed",
            where=folder.name,
            found=failed[0].error,
            remedy="Mend the cause and repeat the command; the search goes on",
        )
    return search.finished


def _tell_begin(name: str, settings: SearchSettings, amount: float, base: Recipe, work: Work) -> None:
    whole = base.training.minutes
    long = f"{amount:.1f} full trainings" if whole is None else duration(amount * whole * 60)
    text = f"{name}: {settings.trials} trials of {len(settings.dimensions)} values, at most {long} of training in all"
    work.reporter.emit("message", level="info", text=text)
    rows = [{"field": one.field, "drawn": one.kind, "range": str(one)} for one in settings.dimensions]
    work.reporter.emit("result", title="What is searched", rows=rows)


def _tell_results(search: Search, base: Recipe, work: Work, *, finished: bool) -> None:
    from medopt.training.search import outcome_of

    found = outcome_of(search)
    found.save(search.folder, base)
    if not finished:
        return
    work.reporter.emit("result", title=f"The best of {len(found.trials)} trials", rows=found.rows()[:TOP])
    rows = [
        {"after round": one.round + 1, "field": one.before.field, "before": str(one.before), "after": str(one.after)}
        for one in found.narrowings
    ]
    work.reporter.emit("result", title="Narrowing", rows=rows)
    for path in draw_outcome(search, found, base):
        work.reporter.emit("result", title=path.stem.replace("-", " "), path=path)
    if found.best is None:
        raise MedOptError("no trial has finished", where=search.folder.name, remedy="See the reasons above")
    work.reporter.emit("result", title="best recipe", path=search.folder / "best-recipe.yaml")


def draw_outcome(search: Search, found: SearchOutcome, base: Recipe) -> list[Path]:
    """Draw the figures of a search into its folder, each as PNG and SVG; the paths of the PNGs."""
    from medopt.files import write_bytes, write_text
    from medopt.report.figures.canvas import to_png, to_svg
    from medopt.report.figures.importance import draw_importance
    from medopt.report.figures.parallel_coordinates import draw_parallel_coordinates
    from medopt.report.figures.search_history import draw_search_history

    metric = {"segmentation": "Dice", "classification": "AUC", "detection": "mAP50"}[base.task]
    narrowed = search.ranges(len(found.rounds) - 1)[0]
    first = sum(trial.round == 0 for trial in found.trials)
    drawings: dict[str, Any] = {
        "parallel-coordinates": draw_parallel_coordinates(found.dimensions, narrowed, found.trials, found.best, metric),
        "importance": draw_importance(found.importance, first),
        "history": draw_search_history(found.rounds, found.trials, found.best, metric),
    }
    paths = []
    for name, drawing in drawings.items():
        if drawing is not None:
            write_bytes(search.folder / f"{name}.png", to_png(drawing, dots_per_inch=130))
            write_text(search.folder / f"{name}.svg", to_svg(drawing, name))
            paths.append(search.folder / f"{name}.png")
    return paths
