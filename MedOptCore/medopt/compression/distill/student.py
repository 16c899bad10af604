"""The recipe of a student."""

from __future__ import annotations

import math

import torch

from medopt.compression.settings import DistillSettings
from medopt.errors import MedOptError
from medopt.networks import MobileNetV2, NetworkSettings, build_network, coarser, count_parameters
from medopt.networks.unet_family import UNetFamily
from medopt.training.recipe import Recipe

LANES = 16
"""Maps that a processor's instructions take at once: 16 single precision numbers are the 512 bits of AVX-512."""


def student_recipe(teacher: Recipe, settings: DistillSettings, wished: Recipe | None = None) -> Recipe:
    """The teacher's recipe with a smaller network, or with the network of ``wished``, its schedule and
    its way of running.

    Images are prepared as for the teacher, since both see the same patch. Raises MedOptError when the network cannot
    be made narrower by a number, or takes no patch of that size.
    """
    if wished is None:
        network = narrower(teacher.network, settings.width, settings.multiple)
        if settings.coarse:
            network = filled(coarser(network), teacher.training.dims, settings.multiple)
        training, running = teacher.training, teacher.running
    else:
        network, training, running = wished.network, wished.training, wished.running
    if settings.norm != "as it is":
        network = type(network).model_validate({**network.model_dump(), "norm": settings.norm})
    changes = {"network": network, "training": training, "running": running}
    values = teacher.model_copy(update=changes).model_dump(mode="json")
    return Recipe.parse(values, "the student's recipe")


def narrower(network: NetworkSettings, width: float, multiple: int) -> NetworkSettings:
    """The network with ``width`` times the feature maps at each stage, rounded to multiples."""
    if isinstance(network, UNetFamily):
        features = tuple(_rounded(n * width, multiple) for n in network.features)
        return network.model_copy(update={"features": features})
    if isinstance(network, MobileNetV2):
        decoder = tuple(_rounded(n * width, multiple) for n in network.decoder)
        return network.model_copy(update={"width": network.multiplier * width, "decoder": decoder})
    raise MedOptError(
        "this network cannot be made narrower by a number",
        where="width",
        expected="a U-Net or mobilenet_v2",
        found=network.name,
        remedy="Give the student's recipe, or prune the run and let the pruned run be the student",
    )


def filled(network: UNetFamily, dims: int, multiple: int = 1) -> UNetFamily:
    """The network with the maps of its finer levels raised to multiples of ``LANES``, and so much fewer at the deepest
    level that it has no more parameters than before.

    A processor takes as many maps at once, so more of them at the fine levels, where the time goes and where borders
    are drawn, cost next to none. Levels are raised from the finest on, while the deepest keeps at least the maps of the
    one above it; all numbers are multiples of ``multiple``.
    """
    most = _parameters(network, dims)
    step = math.lcm(LANES, multiple)
    for level in range(len(network.features) - 1):
        raised = list(network.features)
        raised[level] = math.ceil(raised[level] / step) * step
        while raised[-1] >= max(raised[-2], multiple):
            fuller = network.model_copy(update={"features": tuple(raised)})
            if _parameters(fuller, dims) <= most:
                network = fuller
                break
            raised[-1] -= multiple
        else:
            break
    return network


def _parameters(network: UNetFamily, dims: int) -> int:
    """Of the network for one channel and two classes, which others hardly change."""
    with torch.device("meta"):
        return count_parameters(build_network(network, 1, 2, dims))


def _rounded(features: float, multiple: int) -> int:
    return max(multiple, int(features / multiple + 0.5) * multiple)
