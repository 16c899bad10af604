"""``medopt crossval``: every subject predicted once by a model that never saw it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.fold_plan import tell_plan
from medopt.cli.fold_results import tell_begin, tell_results
from medopt.cli.options import ChangesOption, Events, EventsOption, JobOption, ProjectArgument, RecipeOption
from medopt.cli.places import JobsOption, place_of
from medopt.cli.recipes import Wishes, make_recipe, same_recipe
from medopt.cli.work import Work, showing, working
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.project import Project
    from medopt.project.folds import Folds
    from medopt.training import Recipe
    from medopt.training.folds import CrossValidation
    from medopt.training.search import SearchSettings


def command(
    project: ProjectArgument,
    folds: Annotated[
        int, typer.Option("--folds", "-k", min=2, help="Into how many parts the subjects are divided.")
    ] = 5,
    repeats: Annotated[int, typer.Option(min=1, max=100, help="How often they are divided anew.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the division.")] = 1,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.01, help="How long to train each fold. By default as the recipe says.", show_default=False),
    ] = None,
    recipe: RecipeOption = None,
    changes: ChangesOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Divide all subjects. By default those of the test part stay sealed.")
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the cross-validation. By default the newest of the same folds and recipe, else a new one.",
            show_default=False,
        ),
    ] = None,
    jobs: JobsOption = "1",
    nested: Annotated[
        bool,
        typer.Option(
            "--nested", help="Each fold searches its own hyper-parameters on the subjects that it may see, then trains."
        ),
    ] = False,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Of the search of each fold, with --nested. By default 27.", show_default=False),
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What each fold searches (YAML), with --nested; see medopt search.", show_default=False
        ),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Tell what the choice means, and train nothing.")] = False,
    fold: Annotated[
        int | None,
        typer.Option("--fold", metavar="N", help="Train and measure this fold alone.", show_default=False),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Cross-validate: train a model for each fold, and measure it on the subjects that it never saw.

    Subjects are divided by class and site; the division is kept in PROJECT with a checksum. Each fold is a run of its
    own in PROJECT/runs/NAME. At the end the results of all folds are pooled, each subject once, with a 95 % interval
    over subjects, and a report is written. --plan tells the training share, the expected interval and the time before.

    With --nested each fold first searches hyper-parameters within its own training and validation part, so that the
    pooled result is honest about a recipe that was searched. It takes a search for each fold; --plan tells the time.

    Ctrl-C saves a checkpoint and ends; the same command again goes on from there, also after a crash. Folds that are
    finished are not repeated.

    \b
    Examples:
      medopt crossval hippocampus --plan
      medopt crossval hippocampus --folds 5 --minutes 5
      medopt crossval hippocampus --recipe recipe.yaml --jobs 2
      medopt crossval hippocampus --minutes 2 --nested --trials 9
    """
    from medopt.project import Project
    from medopt.project.folds import make_folds
    from medopt.training.folds import list_crossvals, open_crossval, start_crossval
    from medopt.training.folds.nested import nested_amount

    wishes = Wishes(recipe, minutes, None, tuple(changes or ()))
    if plan:
        with showing(events) as output:
            opened = Project.open(project)
            extra = nested_amount(_nested(make_recipe(opened, wishes), space, trials)) if nested else 1.0
            tell_plan(opened, wishes, folds, repeats, everything, jobs, output, trainings=extra)
        return
    with working("crossval", project, events=events, job=job) as work:
        opened = Project.open(project)
        if fold is not None and name is not None and name in [path.name for path in list_crossvals(opened)]:
            _do_fold(opened, open_crossval(opened, name), fold, work)
            return
        division = make_folds(opened, folds, repeats, seed, everything=everything)
        chosen, recipe_used = _chosen(opened, wishes, division, name, nested=nested)
        search = _nested(recipe_used, space, trials) if nested else _stored_search(opened, chosen)
        crossval = start_crossval(opened, division, recipe_used, name=chosen, search=search)
        tell_begin(opened, crossval, work.reporter)
        if fold is not None:
            _do_fold(opened, crossval, fold, work)
            return
        failed = _all_folds(opened, crossval, jobs, work)
        if work.stop.requested():
            return
        if failed:
            run, error = next(iter(failed.items()))
            raise MedOptError(
                f"{len(failed)} of {len(crossval.places)} folds failed",
                where=crossval.name,
                found=f"{run}: {error}",
                remedy="Mend the cause and repeat the command; the other folds are kept",
            )
        tell_results(opened, crossval, work.reporter)


def _nested(recipe: Recipe, space: Path | None, trials: int | None) -> SearchSettings:
    """What each fold searches."""
    from medopt.cli.search import search_settings

    return search_settings(recipe, space, {"trials": trials, "folds": None, "seed": None})


def _stored_search(project: Project, name: str | None) -> SearchSettings | None:
    """That of the cross-validation to go on with, so that its name is enough."""
    from medopt.training.folds import list_crossvals, open_crossval

    there = name is not None and name in [path.name for path in list_crossvals(project)]
    return open_crossval(project, str(name)).search if there else None


def _chosen(
    project: Project, wishes: Wishes, division: Folds, name: str | None, *, nested: bool = False
) -> tuple[str | None, Any]:
    """The cross-validation to go on with, None for a new one, and its recipe.

    A recipe that MedOpt proposes may depend on the speed of the machine; so one that is there keeps its own, as long as
    the user wishes nothing else.
    """
    from medopt.files import read_json
    from medopt.training import Recipe
    from medopt.training.folds import list_crossvals
    from medopt.training.folds.nested import NESTED

    for folder in reversed(list_crossvals(project)):
        if name not in (None, folder.name) or read_json(folder / "crossval.json").get("folds") != division.hash:
            continue
        if name is None and (folder / NESTED).is_file() != nested:
            continue
        wished, stored = make_recipe(project, wishes, stored_in=folder), Recipe.load(folder / "recipe.yaml")
        if same_recipe(wished, stored):
            return folder.name, stored
    return name, make_recipe(project, wishes)


def _all_folds(project: Project, crossval: CrossValidation, jobs: str, work: Work) -> dict[str, str]:
    """Train and measure every fold; the errors of those that failed, by run."""
    from medopt.jobs.fanout import FanOut, FanTask

    if jobs == "1":
        failed: dict[str, str] = {}
        for number in crossval.places:
            if work.stop.requested():
                break
            try:
                _do_fold(project, crossval, number, work)
            except MedOptError as error:
                failed[crossval.run_name(number)] = str(error)
                text = f"{crossval.run_name(number)} failed: {error}"
                work.reporter.emit("message", level="warning", text=text)
        return failed
    tasks = [
        FanTask(
            crossval.run_name(number),
            ("crossval", str(project.folder), "--name", crossval.name, "--fold", str(number)),
        )
        for number in crossval.places
        if not (crossval.run_folder(number) / "metrics-held-out.json").is_file()
    ]
    place = place_of(jobs, crossval.recipe.training.minutes)
    fan = FanOut(project.folder, place, stage="folds", reporter=work.reporter, stop=work.stop.polling())
    return {result.name: result.error or result.state for result in fan.run(tasks) if result.state != "done"}


def _do_fold(project: Project, crossval: CrossValidation, number: int, work: Work) -> None:
    from medopt.training.folds import train_fold
    from medopt.validation.out_of_fold import score_fold

    if not crossval.trained(number):
        work.reporter.emit("message", level="info", text=f"Run {crossval.run_name(number)}")
    if train_fold(project, crossval, number, reporter=work.reporter, stop=work.stop.polling()):
        score_fold(project, crossval, number, reporter=work.reporter)
