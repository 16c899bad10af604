"""Make the run of a step of compression, or go on with it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medopt.compression.continued import Continued, network_of_run
from medopt.compression.distill.teacher import Teacher
from medopt.compression.figures import network_figures, told
from medopt.compression.prune.course import PruneCourse, cost_of, kept_in_round
from medopt.compression.prune.magnitude import SparsifyCourse
from medopt.compression.settings import ControlSettings, PruneSettings, SparsifySettings, TeachingSettings
from medopt.compression.step import Parent, StepRecord, begin_step, open_parent, tuned_recipe, weights_digest
from medopt.compression.stored import START
from medopt.events import Reporter, Silence
from medopt.project import Project, Split
from medopt.training.course import Course
from medopt.training.loop import StopRequest
from medopt.training.recipe import Recipe
from medopt.training.run import RunRecord, run_task
from medopt.training.train import train

ROUNDS = "rounds"
"""In a pruned run's folder while it is made: the runs of all rounds but the last, which is the run itself."""


@dataclass(frozen=True)
class Means:
    """What trainings of steps run with; see ``medopt.training.train``."""

    device: str | None = None
    threads: int | None = None
    reporter: Reporter | None = None
    stop: StopRequest | None = None

    @property
    def told(self) -> Reporter:
        """Whom to tell."""
        return self.reporter or Silence()

    def train(self, project: Project, run: str, recipe: Recipe, split: Split | None, course: Course) -> bool:
        """Train the run or go on with it; whether it is finished."""
        folder = train(
            project,
            recipe,
            run=run,
            split=split,
            device=self.device,
            threads=self.threads,
            reporter=self.reporter,
            stop=self.stop,
            course=course,
        )
        return RunRecord.load(folder).state == "done"


def prune_run(
    project: Project,
    run: str | None = None,
    settings: PruneSettings | SparsifySettings | ControlSettings | None = None,
    *,
    name: str | None = None,
    means: Means | None = None,
) -> Path:
    """Prune ``run``, the newest by default, train the result, and give the folder of the new run.

    It is a run like any other, on the same split: it is validated, reported and exported as they are. Repeating the
    call resumes it after a stop or kill; a finished one is left as it is. ``compression.json`` in its folder has the
    settings, and the figures of both runs when it is done. With ``ControlSettings`` the parent just trains on as long.

    Raises MedOptError when the parent is not finished or on another split, when the name belongs to something else, and
    when the network cannot shrink so far.
    """
    settings, means = settings or PruneSettings(), means or Means()
    parent = open_parent(project, run)
    name = name or f"{parent.folder.name}-{_suffix(settings)}"
    record = StepRecord(settings.step, parent.name, weights_digest(parent), settings.model_dump(mode="json"))
    folder = begin_step(project, name, record)
    if isinstance(settings, PruneSettings):
        done = _prune(project, parent, name, settings, means, record)
    else:
        teaching = settings.teaching if isinstance(settings, SparsifySettings) else None
        teacher = own_teacher(parent, teaching)
        course: Course = (
            SparsifyCourse(parent.folder, settings, teacher)
            if isinstance(settings, SparsifySettings)
            else Continued(parent.folder, teacher)
        )
        learner = tuned_recipe(parent.recipe, settings.tuning, measured=parent.record.measured)
        done = means.train(project, name, learner, parent.own, course)
    return finish_step(parent, folder, means) if done else folder


def finish_step(parent: Parent, folder: Path, means: Means) -> Path:
    """Note the figures of both runs, tell them, and delete what only the making needed."""
    record = StepRecord.load(folder)
    if record.state != "done":
        run, recipe = RunRecord.load(folder), Recipe.load(folder / "recipe.yaml")
        before = network_figures(network_of_run(parent.folder), parent.recipe, parent.record)
        after = network_figures(network_of_run(folder), recipe, run)
        record = record.finished({"before": before, "after": after})
        record.save(folder)
    shutil.rmtree(folder / ROUNDS, ignore_errors=True)
    (folder / START).unlink(missing_ok=True)
    text = told(record.figures["before"], record.figures["after"])
    means.told.emit("message", level="info", text=f"{folder.name} beside {parent.name}: {text}")
    return folder


def own_teacher(parent: Parent, settings: TeachingSettings | None) -> Teacher | None:
    """The parent as teacher, when that is asked for."""
    return None if settings is None else teacher_of([parent], settings)


def teacher_of(parents: Sequence[Parent], settings: TeachingSettings) -> Teacher:
    """These runs together as a teacher."""
    first = parents[0]
    task = run_task(first.record, first.recipe)
    return Teacher(
        [network_of_run(parent.folder) for parent in parents],
        task.name,
        len(first.record.classes),
        settings,
        exclusive=not first.record.labels.get("multi_label", False),
    )


def _prune(
    project: Project, parent: Parent, name: str, settings: PruneSettings, means: Means, record: StepRecord
) -> bool:
    whole = cost_of(network_of_run(parent.folder), parent.recipe, len(parent.record.channels), settings.of)
    teacher = own_teacher(parent, settings.teaching)
    source, rounds = parent.folder, settings.rounds
    finished = _finished(project.runs_folder / name)
    for number in range(rounds if finished else 1, rounds + 1):
        last = number == rounds
        round_name = name if last else f"{name}/{ROUNDS}/round-{number}"
        folder = begin_step(project, round_name, record)
        share = 1.0 if rounds == 1 else 0.5 if last else 0.5 / (rounds - 1)
        most = whole * kept_in_round(settings.amount, number, rounds)
        course = PruneCourse(folder, source, most, settings, teacher)
        recipe = tuned_recipe(parent.recipe, settings.tuning, share, measured=parent.record.measured)
        if not means.train(project, round_name, recipe, parent.own, course):
            return False
        source = folder
    return True


def _finished(folder: Path) -> bool:
    return (folder / "run.json").is_file() and RunRecord.load(folder).state == "done"


def _suffix(settings: PruneSettings | SparsifySettings | ControlSettings) -> str:
    if isinstance(settings, ControlSettings):
        return "control"
    word = "pruned" if isinstance(settings, PruneSettings) else "sparse"
    return f"{word}-{round(100 * settings.amount)}"
