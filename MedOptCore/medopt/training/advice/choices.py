"""The networks that could train by a recipe, with what each costs on its patches."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from medopt.errors import MedOptError
from medopt.networks import NETWORKS, AnyNetwork, network_of
from medopt.networks.backbone import Size
from medopt.networks.settings import NetworkSettings
from medopt.networks.sizes import SIZES
from medopt.project import Project
from medopt.tasks import build_task
from medopt.training.advice.machine import Machine
from medopt.training.advice.networks import Maker
from medopt.training.advice.patch import Triple
from medopt.training.advice.plan import OVERHEAD
from medopt.training.advice.sizing import rounded_up
from medopt.training.advice.speed import step_seconds
from medopt.training.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class NetworkChoice:
    """One network, complete for the recipe.

    Parameters
    ----------
    name, size : the family, and S, M or L
    network : the part ``network`` of the recipe, as plain data
    patch : (k, j, i) of the recipe, rounded up to what the network halves
    parameters : trainable numbers
    multiply_adds : of a forward pass of one patch
    step_bytes : memory of a training step of the recipe's batch, estimated
    fits : whether that is within what a step may take on the machine
    seconds : of a training step; None where it was not measured
    problem : why the network cannot train by this recipe; empty when it can
    """

    name: str
    size: Size
    network: Mapping[str, Any]
    patch: Triple
    parameters: int = 0
    multiply_adds: int = 0
    step_bytes: int = 0
    fits: bool = True
    seconds: float | None = None
    problem: str = ""


def network_choices(
    project: Project,
    recipe: Recipe,
    machine: Machine,
    *,
    names: Sequence[str] = (),
    sizes: Sequence[Size] = SIZES,
    timed: bool = False,
    cache: Path | None = None,
) -> Iterator[NetworkChoice]:
    """Every network of ``names`` (all without one) in each of ``sizes``, in the order of the registry.

    Strides and feature maps follow the recipe's patch and the spacing that its images have, as `network_of` says.
    ``timed`` measures a step of each, a second or two; ``cache`` is the file of what was measured before.
    """
    spacing = prepared_spacing(project, recipe)
    settings, training = project.settings, recipe.training
    task = build_task(
        settings.task, settings.classes, multi_label=settings.multi_label, ignored=settings.ignored, dims=training.dims
    )
    maker = Maker(len(settings.channels), task.outputs, training.dims, task.head)
    for name in names or tuple(NETWORKS):
        for size in sizes:
            made = network_of(
                name, size, shape=training.patch, spacing=spacing, device_kind=machine.device.kind, head=task.head
            )
            network = _at_level(made, recipe.network.output_level)
            choice = NetworkChoice(
                name, size, network.model_dump(mode="json"), rounded_up(training.patch, network.divisor)
            )
            yield _costed(choice, network, maker, machine, training.batch_size, training.patch, timed, cache)


def prepared_spacing(project: Project, recipe: Recipe) -> tuple[float, float, float]:
    """Spacing (k, j, i) in mm of images after the recipe's preprocessing: of its last resampling, else the median of
    the project's cases; 1 mm without any.
    """
    for step in reversed(recipe.preprocess.steps):
        given = getattr(step, "spacing", None)
        if given is not None:
            k, j, i = (float(side) for side in given)
            return k, j, i
    found = [case.geometry.spacing for case in project.cases()]
    k, j, i = (float(side) for side in np.median(found, axis=0)) if found else (1.0, 1.0, 1.0)
    return k, j, i


def _at_level(settings: NetworkSettings, level: int) -> NetworkSettings:
    """The network with an output as coarse as the recipe's, as far as it has such a level."""
    most = max(0, len(settings.steps) - 2)
    return type(settings)(**{**settings.model_dump(), "output_level": min(level, most)})


def _costed(
    choice: NetworkChoice,
    network: NetworkSettings,
    maker: Maker,
    machine: Machine,
    batch: int,
    patch: Triple,
    timed: bool,
    cache: Path | None,
) -> NetworkChoice:
    settings = cast(AnyNetwork, network)
    if maker.head == "image" and choice.patch != patch:
        problem = f"whole images of {list(patch)} voxels are no multiple of {list(network.divisor)}"
        return dataclasses.replace(choice, problem=problem)
    try:
        cost = maker.cost(settings, choice.patch)
    except MedOptError as error:
        return dataclasses.replace(choice, problem=str(error))
    first, seconds = 3 - maker.dims, None
    if timed:
        seconds = step_seconds(
            lambda: maker.build(settings),
            maker.channels,
            choice.patch[first:],
            batch,
            cost.multiply_adds,
            network.divisor[first:],
            machine,
            cache,
        )
    needed = cost.step_bytes(batch)
    return dataclasses.replace(
        choice,
        parameters=cost.parameters,
        multiply_adds=cost.multiply_adds,
        step_bytes=needed,
        fits=needed <= machine.budget,
        seconds=None if seconds is None else seconds * OVERHEAD,
    )
