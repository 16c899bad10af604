"""``medopt teach``: one round of labelling with a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.recipes import minutes_of
from medopt.cli.work import working

if TYPE_CHECKING:
    from medopt.labelling.rounds import RoundRecord
    from medopt.project import Project


def command(
    project: ProjectArgument,
    time: Annotated[str, typer.Option(metavar="TIME", help="How long to train in all, as in 90s, 15m or 2h.")] = "5m",
    recipe: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The recipe of models that begin from scratch. By default one is proposed from the data.",
            show_default=False,
        ),
    ] = None,
    proposals: Annotated[
        bool, typer.Option("--proposals/--no-proposals", help="Whether to propose for the cases without a label.")
    ] = True,
    anew: Annotated[
        bool, typer.Option("--anew", help="Give an unfinished round up and begin the next one with today's labels.")
    ] = False,
    blind: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.5,
            help="Share of the cases to be labelled without seeing a proposal, kept in the project; at first 0.05.",
            show_default=False,
        ),
    ] = None,
    catch: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.2,
            help="Share of the cases whose proposal is made wrong on purpose, kept in the project; at first 0.",
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
    seed: Annotated[int, typer.Option(min=0, help="Of every random draw.")] = 1,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Learn from what is labelled so far, then propose labels for all other cases: one round.

    Needs 3 labelled cases of 2 subjects. Some of them, by subject, judge the model; the test part of a split is never
    read. The first round begins from scratch, later ones go on from the model before, and a fresh one is trained beside
    it whenever the cases have doubled; the better one is taken. Writes the run PROJECT/runs/round-001 and so on, and
    PROJECT/labelling/rounds.json.

    You can go on labelling meanwhile. Ctrl-C saves a checkpoint and ends; the same command again goes on from there,
    also after a crash.

    \b
    Examples:
      medopt teach hippocampus --time 5m
      medopt teach hippocampus --time 20m --blind 0.1
    """
    from medopt.labelling.teach import teach
    from medopt.project import Project

    with working("teach", project, events=events, job=job) as work:
        opened = Project.open(project)
        _set_blind(opened, blind, catch)
        record = teach(
            opened,
            minutes=minutes_of(time),
            seed=seed,
            recipe=_recipe(recipe),
            proposing=proposals,
            anew=anew,
            device=device,
            threads=threads,
            reporter=work.reporter,
            stop=work.stop.polling(),
        )
        work.reporter.emit("result", title=f"Round {record.number}", rows=_rows(record))
        if record.model is not None:
            work.reporter.emit("result", title="run", path=opened.runs_folder / record.model)


def _set_blind(project: Project, share: float | None, catch: float | None) -> None:
    from medopt.labelling.blind import load_blind, save_blind

    wished: dict[str, Any] = {"share": share, "catch": catch}
    wished = {name: value for name, value in wished.items() if value is not None}
    if wished:
        save_blind(project, load_blind(project).model_copy(update=wished))


def _recipe(path: Path | None) -> Any:
    if path is None:
        return None
    from medopt.training import Recipe

    return Recipe.load(path)


def _rows(record: RoundRecord) -> list[dict[str, Any]]:
    """One row a model that was trained."""
    return [
        {
            "run": one.run,
            "begun from": one.source or "scratch",
            "minutes": one.minutes,
            record.metric or "score": one.score,
            "taken": "yes" if one.run == record.model else "",
            "learned from": record.training_cases,
            "judged by": record.validation_cases,
            "proposals": record.proposed if one.run == record.model else None,
        }
        for one in record.candidates
    ]
