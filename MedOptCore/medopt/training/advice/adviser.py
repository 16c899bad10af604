"""The adviser: looks at a project and proposes a whole recipe, with a reason and a figure for every value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from medopt.events import Reporter, Silence
from medopt.inference.settings import InferenceSettings
from medopt.networks.backbone import Size
from medopt.preprocess import AnyStep, PreprocessSettings, Resample, Resize
from medopt.project import Project, Split
from medopt.tasks import build_task
from medopt.tasks.losses import LossSettings
from medopt.training.advice.augmentation import choose_augmentation
from medopt.training.advice.cautions import data_cautions
from medopt.training.advice.defaults import default_reasons, leaves
from medopt.training.advice.facts import ProjectFacts, look_at_catalogue
from medopt.training.advice.folds import choose_folds
from medopt.training.advice.intensities import choose_intensities
from medopt.training.advice.labels import choose_balance, choose_foreground, choose_loss
from medopt.training.advice.machine import Machine, this_machine
from medopt.training.advice.networks import (
    Candidate,
    Maker,
    image_candidate,
    voxel_candidate,
    with_output_level,
)
from medopt.training.advice.plan import Plan, Planner
from medopt.training.advice.plan_reasons import plan_cautions, plan_reasons
from medopt.training.advice.records import Advice, Caution, Reason
from medopt.training.advice.samples import Samples, choose_cases, look_at_images
from medopt.training.advice.schedule import choose_length, choose_optimiser, choose_rate, choose_validations
from medopt.training.advice.sizing import image_shapes, rounded_up, size_reason
from medopt.training.advice.spacing import ChosenSpacing, choose_spacing, coarser_for_boxes
from medopt.training.device import DeviceChoice
from medopt.training.recipe import Recipe, TrainingSettings

MINUTES = 10.0
"""Time of a training when neither minutes nor steps are given."""
SPEEDS = "advice-speed.json"
"""Measured times of steps, in the project's cache."""


def advise(
    project: Project,
    *,
    minutes: float | None = None,
    steps: int | None = None,
    device: DeviceChoice | str | None = None,
    seed: int = 1,
    split: Split | None = None,
    reporter: Reporter | None = None,
) -> Advice:
    """A whole recipe for ``project`` with a reason for every value, and what to be careful about.

    Training takes ``minutes``, or ``steps`` where they are given; 10 minutes without either. ``device`` names the one
    to train on, as in ``choose_device``; ``split`` stands in for the project's own. Facts of all training cases come
    from the catalogue; intensities and labels from at most ``samples.MOST_CASES`` of them, and never from the
    validation or the test part. With minutes a few steps of the network are timed once on this machine, and kept in
    the project's cache.

    The rules are in ``medopt.training.advice.rules`` and in Docs/advise.md. Raises MedOptError when there is no
    labelled case or the split cannot be used.
    """
    if steps is not None:
        minutes = None
    elif minutes is None:
        minutes = MINUTES
    facts = look_at_catalogue(project, split)
    chosen = choose_cases(facts.training, len(facts.channels))
    samples = look_at_images(project, chosen, reporter or Silence())
    machine = this_machine(device)
    draft = _Draft(project, facts, samples, machine, minutes, steps, seed)
    recipe, reasons, cautions = draft.finished()
    values = recipe.model_dump(mode="json")
    reasons = sorted([*reasons, *default_reasons(values, reasons)], key=_in_order(values))
    told = [Caution(machine.device.warning, {}, "caution.device")] if machine.device.warning else []
    seen = f"{len(samples.cases)} of {len(facts.training)} cases of {facts.part} were looked at"
    if folds := _folds(facts, minutes):
        reasons.append(folds)
    return Advice(
        values,
        tuple(reasons),
        (*told, *cautions, *data_cautions(facts, samples)),
        f"{seen}; the device is {machine.device.name} ({machine.device.threads} threads)",
    )


@dataclass(frozen=True)
class _Draft:
    """The parts of a recipe, one after the other."""

    project: Project
    facts: ProjectFacts
    samples: Samples
    machine: Machine
    minutes: float | None
    steps: int | None
    seed: int

    def finished(self) -> tuple[Recipe, list[Reason], list[Caution]]:
        facts, samples = self.facts, self.samples
        reasons = [Reason("task", facts.task, "The task of the project.", {}, "task.project")]
        spacing = choose_spacing(facts.spacings, facts.shapes, "preprocess.steps.0")
        flat = facts.dims == 2
        pixels = facts.task == "classification" and flat  # sized to a number of pixels, whatever their spacing
        if pixels:
            spacing = replace(spacing, resample=False)
        if facts.task == "detection":
            spacing = coarser_for_boxes(spacing, samples.boxes, "preprocess.steps.0")
        grid: list[AnyStep] = [Resample(spacing=spacing.spacing)] if spacing.resample else []
        intensities = choose_intensities(samples, facts.channels, facts.modality, flat=flat, first=len(grid))
        preprocess = PreprocessSettings(steps=(*grid, *intensities.steps))
        names = [step.step for step in preprocess.steps]
        if not pixels:
            reasons.append(replace(spacing.reason, value=spacing.reason.value or names))
        reasons += intensities.reasons
        counts, shares = facts.class_cases(), samples.shares()
        balance, why = choose_balance(counts, facts.classes)
        reasons.append(why)
        loss, why = choose_loss(facts.task, shares, counts, facts.classes, exclusive=not facts.multi_label)
        reasons.append(why)

        plan, sized, maker = self._plan(spacing, len(preprocess.steps))
        if sized is not None:
            preprocess = PreprocessSettings(steps=(*preprocess.steps, Resize(shape=plan.patch)))
            reasons.append(sized)
        reasons += plan_reasons(plan, spacing.shape, self.machine, self.minutes, whole=sized is not None)
        shrunk = max(spacing.shape) / max(plan.patch) if sized is not None else 1.0
        augment, more = choose_augmentation(
            [case.geometry for case in facts.training],
            facts.classes,
            float(min(spacing.spacing)) * shrunk,
            subjects=facts.training_subjects,
            minutes=self.minutes,
            steps=self.steps,
        )
        reasons += more
        optimiser, why = choose_optimiser(maker.balancing(plan.candidate.settings), plan)
        reasons.append(why)
        rate, why = choose_rate(self.project.cache_folder, optimiser)
        reasons += [why, *choose_length(plan, len(facts.training), minutes=self.minutes, steps=self.steps)]
        foreground, why = choose_foreground(facts.task, shares)
        reasons.append(why)
        inference = InferenceSettings()
        seen = plan.patch if sized is not None else spacing.shape
        validations, why = choose_validations(plan, seen, len(facts.validation), inference.overlap, self.minutes)
        reasons.append(why)
        training = TrainingSettings(
            patch=plan.patch,
            batch_size=plan.batch_size,
            steps=self.steps,
            minutes=self.minutes,
            optimiser=optimiser,
            learning_rate=rate,
            foreground_share=foreground,
            validations=validations,
        )
        recipe = Recipe(
            task=self.project.settings.task,
            seed=self.seed,
            preprocess=preprocess,
            augment=augment,
            balance=balance,
            network=plan.candidate.settings,
            loss=LossSettings(**loss),
            training=training,
        )
        return recipe, reasons, plan_cautions(plan, self.machine, self.minutes)

    def _plan(self, spacing: ChosenSpacing, steps: int) -> tuple[Plan, Reason | None, Maker]:
        """Network, patch and batch; for whole images also the reason of the step number ``steps`` that sizes them; and
        what builds the network.
        """
        facts, kind = self.facts, self.machine.device.kind
        task = build_task(facts.task, facts.classes, multi_label=facts.multi_label, dims=facts.dims)
        maker = Maker(len(facts.channels), task.outputs, facts.dims, task.head)
        planner = Planner(
            maker,
            self.machine,
            float((np.prod(facts.spacings * facts.shapes, axis=1) / np.prod(spacing.spacing)).sum()),
            len(facts.training),
            self.minutes,
            self.project.cache_folder / SPEEDS,
        )
        if task.head == "voxels":

            def make(size: Size, shape: Sequence[int]) -> Candidate:
                one = voxel_candidate(
                    size,
                    kind,
                    shape,
                    spacing.spacing,
                    minutes=self.minutes,
                    subjects=facts.training_subjects,
                    dense=task.dense,
                )
                return one if task.dense else with_output_level(one, self.samples.boxes, spacing.spacing)

            return planner.voxels(make, spacing.shape), None, maker
        plans: list[Plan] = []
        for shape in image_shapes(spacing.shape, kind):
            one = image_candidate(kind, shape, spacing.spacing, facts.training_subjects)
            plans.append(planner.whole(one, rounded_up(shape, one.settings.divisor)))
            if plans[-1].enough(self.minutes) and plans[-1].fits:
                break
        plan = plans[-1]
        divisor, expected = plan.candidate.settings.divisor, plan.steps_in(self.minutes)
        field, first = f"preprocess.steps.{steps}", len(plans) == 1
        return plan, size_reason(field, plan.patch, spacing.shape, divisor, expected, first=first), maker


def _folds(facts: ProjectFacts, minutes: float | None) -> Reason | None:
    """k of a cross-validation, which leaves the test part sealed."""
    held_out = len(facts.split.subjects["test"]) if facts.split else 0
    return choose_folds(facts.task, facts.all_subjects - held_out, held_out, minutes)


def _in_order(values: Mapping[str, Any]) -> Callable[[Reason], float]:
    """Where the field of a reason stands in the recipe."""
    places = {name: place for place, (name, _) in enumerate(leaves(values))}

    def place(reason: Reason) -> float:
        inner = [p for name, p in places.items() if name == reason.field or name.startswith(reason.field + ".")]
        return min(inner, default=len(places))

    return place
