"""Make the run of a student, or go on with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medopt.compression.continued import network_of_run
from medopt.compression.distill.course import DistillCourse
from medopt.compression.distill.student import student_recipe
from medopt.compression.prune.course import cost_of
from medopt.compression.run import Means, finish_step, teacher_of
from medopt.compression.settings import DistillSettings
from medopt.compression.step import Parent, StepRecord, begin_step, open_parent, tuned_recipe, weights_digest
from medopt.errors import MedOptError
from medopt.files import inside
from medopt.networks import describe_network
from medopt.project import Project, Split, load_split
from medopt.training.folds.crossval import RECORD, open_crossval
from medopt.training.pretrain.images import cases_to_learn_from
from medopt.training.recipe import Recipe
from medopt.training.run import run_task


def distill_run(
    project: Project,
    teachers: Sequence[str] = (),
    settings: DistillSettings | None = None,
    *,
    student: str | None = None,
    recipe: Recipe | None = None,
    name: str | None = None,
    means: Means | None = None,
) -> Path:
    """Let a student learn from ``teachers``, the newest run by default, and give the folder of the student's run.

    A cross-validation as teacher stands for its folds: together they know every subject outside the sealed test, so the
    student then learns from the validation part, too, ends with its last weights, and only the test can judge it.

    The student is the run ``student``, whose network goes on learning; or the network of ``recipe``, trained on the
    images as the teacher's recipe prepares them; or the teacher's network at the settings' width. Several teachers'
    answers are averaged. Images without a label take part, those of validation and test subjects never.

    Repeating the call resumes it. Raises MedOptError when a teacher has learned from subjects that are to judge the
    student; when it is of another task, other classes or other preprocessing;
    and when the name belongs to something else.
    """
    settings, means = settings or DistillSettings(), means or Means()
    parents = [open_parent(project, one) for one in _runs_of(project, teachers)]
    first = parents[0]
    base = None if student is None else open_parent(project, student)
    own = base.own if base is not None else _division(project, parents, means)
    split = own or load_split(project)
    for parent in parents:
        demand_fit(parent, first)
        demand_no_leak(parent, split)
    wished = student_recipe(first.recipe, settings, recipe) if base is None else base.recipe
    measured = () if recipe is not None else (base or first).record.measured
    learner = tuned_recipe(wished, settings.tuning, measured=measured)
    told = {"recipe": learner.digest(), "student": student}
    record = StepRecord(
        settings.step,
        first.name,
        weights_digest(first),
        {**settings.model_dump(mode="json"), **told},
        tuple(parent.name for parent in parents),
    )
    name = name or f"{(base or first).folder.name}-distilled"
    folder = begin_step(project, name, record)
    every = settings.teaching.every or _turns(parents, base, learner)
    teaching = settings.teaching.model_copy(update={"every": every})
    if every > 1 and (teaching.weight or teaching.features):
        text = f"The teacher is asked in one of {every} steps, where its terms weigh as many times as much"
        means.told.emit("message", level="info", text=text)
    course = DistillCourse(
        folder,
        first.folder,
        teacher_of(parents, teaching),
        student=None if base is None else base.folder,
        images=unlabelled_cases(project, split, settings.unlabelled, learner.seed),
        without_finest=settings.coarse and recipe is None,
    )
    done = means.train(project, name, learner, own, course)
    return finish_step(first, folder, means) if done else folder


def _turns(parents: Sequence[Parent], base: Parent | None, learner: Recipe) -> int:
    """In one of how many steps the teachers' pass forward costs, in the mean, what the student's learning does: passes
    forward and backward, about three times one forward.
    """
    channels, training = len(parents[0].record.channels), learner.training
    if base is None:
        task = run_task(parents[0].record, learner)
        own = describe_network(
            learner.network, channels, task.outputs, training.dims, training.patch, task.head
        ).multiply_adds
    else:
        own = cost_of(network_of_run(base.folder), learner, channels, "multiply_adds")
    taught = sum(cost_of(network_of_run(one.folder), learner, channels, "multiply_adds") for one in parents)
    return max(1, round(taught / (3 * own)))


def _runs_of(project: Project, teachers: Sequence[str]) -> list[str | None]:
    """Runs by name, those of a cross-validation in its place; the newest run when none is named."""
    names: list[str | None] = []
    for one in teachers:
        if (inside(project.runs_folder, one) / RECORD).is_file():
            crossval = open_crossval(project, one)
            names += [f"{one}/{crossval.run_name(place)}" for place in crossval.places]
        else:
            names.append(one)
    return names or [None]


def _division(project: Project, parents: Sequence[Parent], means: Means) -> Split | None:
    """The division for a new student: the project's (None), or without validation when the teachers know that part."""
    split = load_split(project)
    learned = {subject for parent in parents for subject in parent.split.subjects["train"]}
    if len(parents) == 1 or not learned & set(split.subjects["validation"]):
        return None
    text = (
        "The teachers together know the subjects of the validation part, so these cannot choose among the student's "
        "weights: it learns from them, too, and only the sealed test can judge it"
    )
    means.told.emit("message", level="warning", text=text)
    part_of = {subject: "train" for part in ("train", "validation") for subject in split.subjects[part]}
    part_of |= dict.fromkeys(split.subjects["test"], "test")
    cases = [*split.train, *split.validation, *split.test]
    return Split.of({case: project.case(case).subject for case in cases}, part_of, split.seed)


def unlabelled_cases(project: Project, split: Split, share: float, seed: int) -> tuple[str, ...]:
    """Cases without a label, of no validation or test subject: ``share`` of the labelled training cases at most."""
    held_out = {*split.subjects["validation"], *split.subjects["test"]}
    cases = {case.id: case for case in project.cases()}
    free = [
        n for n in cases_to_learn_from(project, split) if not cases[n].labelled and cases[n].subject not in held_out
    ]
    most = int(share * len(split.train))
    drawn = np.random.default_rng((seed, 5)).permutation(len(free))[:most]
    return tuple(sorted(free[place] for place in drawn))


def demand_fit(parent: Parent, other: Parent) -> None:
    """Raise MedOptError unless both answer the same question on images prepared alike."""
    for what, mine, theirs in (
        ("task", parent.record.task, other.record.task),
        ("classes", _names(parent), _names(other)),
        ("channels", parent.record.channels, other.record.channels),
        ("dimensions", parent.recipe.training.dims, other.recipe.training.dims),
        ("preprocessing", parent.recipe.preprocess, other.recipe.preprocess),
        (
            "grid of the answers",
            run_task(parent.record, parent.recipe).stride,
            run_task(other.record, other.recipe).stride,
        ),
    ):
        if mine != theirs:
            raise MedOptError(
                f"the teachers differ in their {what}",
                where=parent.name,
                expected=f"as {other.name}" if what == "preprocessing" else str(theirs),
                found="other steps or statistics" if what == "preprocessing" else str(mine),
                remedy="Take runs of one recipe",
            )


def demand_no_leak(teacher: Parent, split: Split) -> None:
    """Raise MedOptError when the teacher learned from subjects that are to judge the student.

    Its answers would carry what it knows of them to the student. Subjects that only chose the teacher's weights may
    choose the student's, but not test it.
    """
    learned, chosen = set(teacher.split.subjects["train"]), set(teacher.split.subjects["validation"])
    seen = sorted(learned & {*split.subjects["validation"], *split.subjects["test"]})
    seen += sorted(chosen & set(split.subjects["test"]))
    if seen:
        raise MedOptError(
            "the teacher has learned from subjects that are to judge the student",
            where=teacher.name,
            expected="none",
            found=f"{len(seen)}, such as {seen[0]}",
            remedy="Take a run on the student's split; for several teachers train the recipe with several seeds",
        )


def _names(parent: Parent) -> list[str]:
    return [str(info["name"]) for info in parent.record.classes]
