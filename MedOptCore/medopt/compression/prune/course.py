"""The training of a network whose feature maps were removed: how it begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from medopt.compression.continued import Continued, network_of_run
from medopt.compression.distill.teacher import Teacher
from medopt.compression.prune.channels import ChannelGraph
from medopt.compression.prune.choose import choose_groups
from medopt.compression.prune.cost import Costs, layer_multiply_adds, layer_parameters
from medopt.compression.prune.importance import per_layer, taylor_importance, weight_importance
from medopt.compression.prune.remove import remove_groups
from medopt.compression.prune.trace import channel_graph
from medopt.compression.settings import PruneSettings
from medopt.compression.stored import load_start, save_start
from medopt.errors import MedOptError
from medopt.tasks import Task
from medopt.training.course import Scene
from medopt.training.recipe import Recipe
from medopt.training.sampling import Batch, PatchSampler


class PruneCourse(Continued):
    """One round: the network of ``source`` loses feature maps, then learns on.

    Parameters
    ----------
    folder : of the round's run
    source : folder of the run whose network is pruned
    most : cost of what may stay, in the settings' unit
    settings : of the step
    teacher : whose answers it learns from, too
    """

    def __init__(
        self, folder: Path, source: Path, most: float, settings: PruneSettings, teacher: Teacher | None = None
    ) -> None:
        super().__init__(source, teacher)
        self._folder, self._most, self._settings = folder, most, settings

    def begin(self, network: nn.Module, scene: Scene) -> nn.Module:
        """The pruned network; what goes is decided once and kept."""
        there = load_start(self._folder, network)
        if there is not None:
            return there
        source = network_of_run(self.source)
        graph = channel_graph(source, scene.labelled[0].image.shape[0])
        importance = per_layer(group_importance(source, graph, scene, self._settings), graph)
        keep = choose_groups(
            graph,
            importance,
            Costs(graph, tensor_costs(source, scene, self._settings.of)),
            most=self._most,
            least_share=self._settings.least_share,
            multiple=self._settings.multiple,
            cost_power=self._settings.cost_power,
        )
        if keep.all():
            raise MedOptError("there is no feature map to remove", where=self.source.name, remedy="Remove more")
        remove_groups(source, graph, keep)
        text = f"{int((~keep).sum())} of {graph.groups} groups of feature maps are removed"
        scene.reporter.emit("message", level="info", text=text)
        save_start(self._folder, source)
        return source


def group_importance(
    network: nn.Module, graph: ChannelGraph, scene: Scene, settings: PruneSettings
) -> NDArray[np.float64]:
    """(groups,) by the settings' criterion, over batches of the training part."""
    if settings.criterion == "weights":
        return weight_importance(network, graph)
    return taylor_importance(network, graph, training_losses(scene, settings.batches))


def training_losses(scene: Scene, batches: int) -> Iterator[Callable[[nn.Module], Tensor]]:
    """The task's loss on so many batches of the training part, each as a function of the network; on the CPU."""
    recipe = scene.recipe
    sampler = PatchSampler(
        scene.labelled,
        scene.task,
        recipe.training,
        recipe.augment,
        recipe.seed,
        torch.device("cpu"),
        recipe.balance,
    )
    for step in range(batches):
        yield _Loss(scene.task, sampler.batch(step))


@dataclass(frozen=True)
class _Loss:
    """Of one batch, for any network."""

    task: Task
    batch: Batch

    def __call__(self, network: nn.Module) -> Tensor:
        return self.task.loss(network(self.batch.images), self.batch.targets)


def tensor_costs(network: nn.Module, scene: Scene, of: str) -> dict[str, int]:
    """Cost of each tensor of the network, for one patch of the recipe."""
    if of == "parameters":
        return layer_parameters(network)
    return layer_multiply_adds(network, patch_shape(scene.recipe, scene.labelled[0].image.shape[0]))


def patch_shape(recipe: Recipe, channels: int) -> tuple[int, ...]:
    """(channels, *space) of one patch."""
    return (channels, *recipe.training.patch[3 - recipe.training.dims :])


def cost_of(network: nn.Module, recipe: Recipe, channels: int, of: str) -> int:
    """Of the whole network, in multiply-adds of a patch or in parameters."""
    costs = (
        layer_parameters(network) if of == "parameters" else layer_multiply_adds(network, patch_shape(recipe, channels))
    )
    return sum(costs.values())


def kept_in_round(amount: float, number: int, rounds: int) -> float:
    """Share of the cost that stays after round ``number`` of ``rounds``: each round removes the same share of what is
    left, ``amount`` in all.
    """
    return math.exp(math.log(1 - amount) * number / rounds)
