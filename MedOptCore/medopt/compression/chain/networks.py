"""Efficient families of networks as branches of a compression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from medopt.compression.step import Parent
from medopt.errors import MedOptError
from medopt.networks import NETWORKS, Size
from medopt.networks.sizes import SIZES
from medopt.project import Project
from medopt.training.advice.choices import network_choices
from medopt.training.advice.machine import this_machine
from medopt.training.recipe import Recipe

SUITED: Mapping[str, tuple[str, ...]] = {
    "segmentation": ("separable_unet-M",),
    "detection": ("separable_unet-M",),
    "classification": ("mobilenet_v3-S",),
}
"""Task → the networks that are tried where none are named."""


def family_and_size(name: str) -> tuple[str, Size]:
    """Of ``separable_unet-M``; raises MedOptError for anything that is not a family and a size."""
    family, _, size = name.rpartition("-")
    if family not in NETWORKS or size not in get_args(Size):
        raise MedOptError(
            "unknown network",
            where="networks",
            expected=f"FAMILY-SIZE with one of {', '.join(NETWORKS)} and one of {', '.join(SIZES)}",
            found=name,
        )
    return family, cast(Size, size)


def network_recipe(project: Project, parent: Parent, name: str) -> Recipe:
    """The run's recipe with the network called ``name``, on patches that both halve.

    Sizes are those for a CPU, whatever trains: there the model is meant to run. Raises MedOptError when the network
    cannot train by the recipe, is the run's own, or needs patches that the run's network does not take.
    """
    family, size = family_and_size(name)
    recipe = parent.recipe
    (choice,) = network_choices(project, recipe, this_machine("cpu"), names=(family,), sizes=(size,))
    if choice.problem:
        raise MedOptError("the network cannot train by this recipe", where=name, found=choice.problem)
    values = recipe.model_dump(mode="json")
    values["network"] = dict(choice.network)
    values["training"]["patch"] = list(choice.patch)
    values["running"] = recipe.running.opened(parent.record.measured).model_dump(mode="json")
    wished = Recipe.parse(values, name)
    if wished.network == recipe.network:
        raise MedOptError("the run has this network already", where=name)
    divisor = recipe.network.divisor
    if any(side % d for side, d in zip(choice.patch, divisor, strict=True)):
        raise MedOptError(
            "the run cannot teach it on the same patches",
            where=name,
            expected=f"sides that are multiples of {list(divisor)}",
            found=str(list(choice.patch)),
        )
    return wished
