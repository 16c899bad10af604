"""One round of labelling with a model: learn from what is labelled so far, then propose for all the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, best_score
from medopt.files import inside, read_json, write_json
from medopt.labelling.division import project_split
from medopt.labelling.plan import RoundPlan, plan_round
from medopt.labelling.propose import propose
from medopt.labelling.rounds import Candidate, RoundRecord, load_rounds, save_round
from medopt.project import Project, Split

if TYPE_CHECKING:
    from medopt.training import Recipe
    from medopt.training.loop import StopRequest

MINUTES = 5.0
"""Of training in a round, by default: an annotator labels a few cases meanwhile."""
MARGIN = 0.005
"""By so much must a fresh model's score be higher; else the one that was trained on, which saw more, is taken."""


def teach(
    project: Project,
    *,
    minutes: float = MINUTES,
    seed: int = 1,
    recipe: Recipe | None = None,
    proposing: bool = True,
    anew: bool = False,
    device: str | None = None,
    threads: int | None = None,
    reporter: Reporter | None = None,
    stop: StopRequest | None = None,
) -> RoundRecord:
    """Do a round, or go on with one that was interrupted; gives its record.

    Trains for ``minutes`` in all on the labelled cases (see `divide_labelled` and `plan_round`), takes the model that
    is better on the internal validation part, and lets it propose for all cases without a label, which is not in the
    minutes. The test part is never read. Every step is kept, so that after a stop or a kill the same call goes on where
    it was; the minutes and cases of a round that was begun stay as they were. ``anew`` gives an unfinished round up and
    begins the next one, with what is labelled by now.

    ``recipe`` takes the place of the adviser's for models from scratch. Without ``proposing`` no proposals are made;
    `propose` can do so later. ``device`` and ``threads`` say where to compute.

    Raises MedOptError when too few cases are labelled, and whatever stops a training.
    """
    listener = reporter or Silence()
    rounds = load_rounds(project)
    record = rounds[-1] if rounds and rounds[-1].state != "done" and not anew else None
    if record is not None and not _holds(project, record):
        text = f"Round {record.number} is given up: its files are missing, or the test part has changed since"
        listener.emit("message", level="warning", text=text)
        record = None
    if record is None:
        record = _begin(project, rounds, minutes, seed, recipe, listener)
    else:
        listener.emit("message", level="info", text=f"Round {record.number} goes on")
    listener.emit("message", level="info", text=record.reason)
    work = _Work(device, threads, listener, stop)
    if record.state == "training":
        record = _train(project, record, work)
    if record.state == "proposing":
        record = _propose(project, record, work, proposing)
    return record


@dataclass(frozen=True)
class _Work:
    device: str | None
    threads: int | None
    reporter: Reporter
    stop: StopRequest | None

    @property
    def stopped(self) -> bool:
        return self.stop is not None and self.stop.requested()


def _begin(
    project: Project, rounds: list[RoundRecord], minutes: float, seed: int, recipe: Recipe | None, reporter: Reporter
) -> RoundRecord:
    plan = plan_round(project, rounds, minutes=minutes, seed=seed)
    if recipe is not None:
        plan = _by_recipe(plan, recipe)
    split = plan.split
    record = RoundRecord(
        number=1 + max((one.number for one in rounds), default=0),
        state="training",
        started=_now(),
        training_cases=len(split.train),
        training_subjects=len(split.subjects["train"]),
        validation_cases=len(split.validation),
        validation_subjects=len(split.subjects["validation"]),
        candidates=plan.candidates,
        reason=plan.reason,
    )
    folder = _folder(project, record)
    write_json(folder / "split.json", split.to_json())
    for candidate, one in zip(plan.candidates, plan.recipes, strict=True):
        one.save(folder / f"{candidate.run}.yaml")
    save_round(project, record)  # last: what it needs to go on is there
    text = (
        f"Round {record.number}: {len(split.train)} cases of {record.training_subjects} subjects to learn from, "
        f"{len(split.validation)} of {record.validation_subjects} to judge by"
    )
    reporter.emit("message", level="info", text=text)
    return record


def _by_recipe(plan: RoundPlan, recipe: Recipe) -> RoundPlan:
    """The user's recipe for models from scratch, in the time that they have."""
    recipes = []
    for candidate, one in zip(plan.candidates, plan.recipes, strict=True):
        timed = recipe.training.model_copy(update={"minutes": candidate.minutes, "steps": None})
        recipes.append(recipe.model_copy(update={"training": timed}) if candidate.start == "scratch" else one)
    return replace(plan, recipes=tuple(recipes))


def _train(project: Project, record: RoundRecord, work: _Work) -> RoundRecord:
    """Train what is not trained yet, and choose; the record stays "training" when the user stopped it."""
    from medopt.training import Recipe, RunRecord, train

    folder = _folder(project, record)
    split = Split.from_json(read_json(folder / "split.json"))
    found, metric = [], ""
    for candidate in record.candidates:
        if work.stopped:
            return record
        run = train(
            project,
            Recipe.load(folder / f"{candidate.run}.yaml"),
            run=candidate.run,
            split=split,
            device=work.device,
            threads=work.threads,
            reporter=work.reporter,
            stop=work.stop,
        )
        trained = RunRecord.load(run)
        if trained.state != "done":
            return record
        metric, score = _best(trained.best)
        found.append(replace(candidate, score=score))
    model, choice = choose_candidate(found, metric)
    record = record.changed(state="proposing", candidates=tuple(found), metric=metric, model=model.run, choice=choice)
    save_round(project, record)
    work.reporter.emit("message", level="info", text=choice)
    return record


def choose_candidate(candidates: list[Candidate], metric: str) -> tuple[Candidate, str]:
    """The candidate to take, and why in a sentence; the first unless another's score is higher by more than `MARGIN`.

    A candidate without a score (the metric is not defined on so few cases) is never preferred to the first.
    """
    first = candidates[0]
    best = first
    for one in candidates[1:]:
        if one.score is not None and one.score > (-1.0 if best.score is None else best.score) + MARGIN:
            best = one if first.score is not None else best
    told = ", ".join(
        f"{one.run} ({one.start}) {'no score' if one.score is None else f'{one.score:.3f}'}" for one in candidates
    )
    name = metric or "score"
    if len(candidates) == 1:
        return best, f"{first.run} is taken; {name} on the internal validation part: {told}."
    why = "is better" if best is not first else "is kept, as the fresh one is not clearly better"
    return best, f"{best.run} {why}; {name} on the internal validation part: {told}."


def _propose(project: Project, record: RoundRecord, work: _Work, proposing: bool) -> RoundRecord:
    if proposing:
        done = propose(
            project,
            record.model,
            round=record.number,
            device=work.device,
            threads=work.threads,
            reporter=work.reporter,
            stop=work.stop,
        )
        there = [project.proposal(name) for name in (*done.made, *done.kept)]
        proposed = sum(one is not None and (one.model, one.round) == (record.model, record.number) for one in there)
        record = record.changed(proposed=proposed, left_out=done.left_out)
        if done.stopped:
            save_round(project, record)
            return record
    record = record.changed(state="done", finished=_now())
    save_round(project, record)
    return record


def _holds(project: Project, record: RoundRecord) -> bool:
    """Whether a round that was begun may go on: its files are there, and it learns from no test subject of today."""
    try:
        split = Split.from_json(read_json(_folder(project, record) / "split.json"))
    except MedOptError:
        return False
    sealed = project_split(project)
    tested = set() if sealed is None else set(sealed.subjects["test"])
    return not tested & {*split.subjects["train"], *split.subjects["validation"]}


def _best(best: dict[str, float] | None) -> tuple[str, float | None]:
    """Metric and score of a run's best weights; before any look the record says -1."""
    found = best_score(best)
    if found is not None:
        return found.metric, found.value
    names = [name.removeprefix("validation_") for name in best or {} if name.startswith("validation_")]
    return (names[0] if names else ""), None


def _folder(project: Project, record: RoundRecord) -> Path:
    return inside(project.folder, Path("labelling") / f"round-{record.number:03d}")


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
