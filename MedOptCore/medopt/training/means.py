"""What a training runs with: found out once on this machine, before the first step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import torch
from torch import Tensor, nn

from medopt.events import Reporter
from medopt.tasks import Task
from medopt.training.cache import PreparedCase
from medopt.training.distributed import World
from medopt.training.engine import Engine
from medopt.training.memory import MemoryPlan, plan_ahead
from medopt.training.probe import probe
from medopt.training.recipe import Recipe
from medopt.training.running_settings import RunningSettings
from medopt.training.sampling import PatchSampler


@dataclass(frozen=True)
class Means:
    """What a training runs with.

    Parameters
    ----------
    device : where
    engine : how a step is computed
    plan : how a step is cut to fit into memory
    world : the processes that share it
    spent : seconds that went into finding these out; they count as training
    """

    device: torch.device
    engine: Engine = field(default_factory=Engine)
    plan: MemoryPlan | None = None
    world: World = field(default_factory=World)
    spent: float = 0.0


def find_means(
    network: nn.Module,
    recipe: Recipe,
    task: Task,
    training: Sequence[PreparedCase],
    device: torch.device,
    world: World,
    reporter: Reporter,
) -> tuple[Means, RunningSettings]:
    """How ``network``, on the device already, is trained fastest within memory; and the settings with nothing open.

    What the recipe has decided is not measured. Neither weights nor the random state of torch change. With several
    processes the first one's findings hold for all. Raises MedOptError when the training does not fit into memory.
    """
    began = time.monotonic()
    settings, running = recipe.training, recipe.running
    parts = 1 if running.accumulate == "auto" else running.accumulate
    plan = MemoryPlan.whole(settings.batch_size, settings.patch, parts)
    channels = training[0].image.shape[0]
    if running.accumulate == "auto":
        precision = "float32" if running.precision == "auto" else running.precision
        plan = plan_ahead(
            plan, network, channels, device, precision=precision, divisor=recipe.network.divisor, reporter=reporter
        )
    if running.open and world.writes:
        smaller = settings.model_copy(update={"batch_size": plan.micro, "patch": plan.patch})
        sampler = PatchSampler(training, task, smaller, recipe.augment, recipe.seed, device, recipe.balance)
        batch = sampler.batch(0)

        def loss(outputs: Tensor | list[Tensor]) -> Tensor:
            return task.loss(outputs, batch.targets)

        engine = probe(network, batch.images, loss, settings=running, minutes=settings.minutes, steps=settings.steps)
        reporter.emit("message", level="info", text=engine.sentence)
    elif running.open:
        engine = Engine()  # the first process measures
    else:
        engine = probe(network, torch.zeros(0), settings=running)
    found = world.agree(asdict(replace(engine, alternatives=(), note="")))
    engine = Engine(**{**found, "alternatives": ()})
    decided = engine.settings(running).model_copy(update={"accumulate": plan.parts})
    return Means(device, engine, plan, world, time.monotonic() - began), decided
