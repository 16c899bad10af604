"""One step of learning: forward, loss, backward, update; in parts where memory is short, shared among processes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from medopt.tasks import Task
from medopt.training.course import Course
from medopt.training.distributed import World
from medopt.training.engine import Engine
from medopt.training.memory import MemoryGuard, MemoryPlan, accumulate
from medopt.training.optimisation import MovingAverage, clip_gradient
from medopt.training.recipe import TrainingSettings
from medopt.training.sampling import Batch, PatchSampler


class Stepper:
    """Does one step after another.

    Parameters
    ----------
    network, optimiser, average : what learns, how, and its moving average
    sampler : draws the patches of a step; redraws them where memory asks for smaller ones
    engine : how a step is computed
    guard : cuts a step that does not fit into memory
    world : the processes that share each step
    course : what else happens in a step
    """

    def __init__(
        self,
        settings: TrainingSettings,
        task: Task,
        network: nn.Module,
        optimiser: torch.optim.Optimizer,
        average: MovingAverage,
        sampler: PatchSampler,
        *,
        engine: Engine,
        guard: MemoryGuard,
        world: World,
        course: Course | None = None,
    ) -> None:
        self.settings, self.task, self.network = settings, task, network
        self.optimiser, self.average, self.sampler = optimiser, average, sampler
        self.engine, self.guard, self.world = engine, guard, world
        self.course = course or Course()
        self.forward = engine.forward(network)
        self.scaler = engine.scaler(sampler.device)

    def batch(self, step: int) -> Batch:
        """This process's patches of a step; a pure function of the step and of the patch that fits into memory."""
        size = self.settings.batch_size
        return self.sampler.patches(self.world.share(range(step * size, (step + 1) * size)))

    def learn(self, step: int, batch: Batch, rate: float) -> Tensor:
        """Learn from the patches of ``step`` at learning rate ``rate``; gives their loss, detached."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group.get("lr_scale", 1.0)
        weight = self.world.weight(len(batch), self.settings.batch_size)

        def attempt(plan: MemoryPlan) -> Tensor:
            fitting = self._redrawn(step, batch, plan)
            self.optimiser.zero_grad(set_to_none=True)
            return accumulate(
                self._loss,
                self.engine.lay(fitting.images),
                fitting.targets,
                min(plan.parts, len(fitting)),
                lambda loss: self.scaler.scale(loss * weight).backward(),
            )

        loss = self.guard.run(attempt)
        self.world.sum_gradients(self.network)
        self.scaler.unscale_(self.optimiser)
        clip_gradient((p for p in self.network.parameters() if p.grad is not None), self.settings.gradient_clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.average.update(self.network)
        return self.world.mean(loss, weight)

    def _loss(self, images: Tensor, targets: dict[str, Tensor]) -> Tensor:
        with self.engine.autocast(images.device):
            outputs = self.forward(images)
        return self.course.loss(self.task, outputs, images, targets)

    def _redrawn(self, step: int, batch: Batch, plan: MemoryPlan) -> Batch:
        """The batch, or that of the step in smaller patches when the plan asks for them."""
        if plan.patch == self.sampler.settings.patch:
            if tuple(batch.images.shape[2:]) == plan.patch[3 - self.settings.dims :]:
                return batch
        else:
            smaller = self.settings.model_copy(update={"patch": plan.patch})
            self.sampler = replace(self.sampler, settings=smaller)
        return self.batch(step)
