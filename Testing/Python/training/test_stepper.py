"""One step: what memory cuts it into, and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from medopt.augment import AugmentSettings
from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.project import ClassInfo
from medopt.tasks import SegmentationTask
from medopt.training.cache import PreparedCase
from medopt.training.distributed import World
from medopt.training.engine import Engine
from medopt.training.memory import MemoryGuard, MemoryPlan
from medopt.training.optimisation import MovingAverage
from medopt.training.recipe import TrainingSettings
from medopt.training.sampling import PatchSampler
from medopt.training.stepper import Stepper

TASK = SegmentationTask([ClassInfo(value=1, name="a", color="#808080")])


class Small(nn.Module):
    """Refuses more than so many voxels at once, as a full memory does."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.layer, self.most, self.seen = nn.Conv3d(1, 2, 1), most, []

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() > self.most:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: not enough memory")
        self.seen.append(tuple(x.shape))
        return self.layer(x)


def stepper(network: nn.Module, batch_size: int = 4) -> Stepper:
    rng = np.random.default_rng(0)
    grid, settings = Geometry((12, 12, 12)), TrainingSettings(patch=(8, 8, 8), steps=9, batch_size=batch_size)
    target = (rng.random(grid.shape) < 0.3).astype(np.uint8)
    image = target[None].astype(np.float32) + rng.normal(0, 0.1, (1, *grid.shape)).astype(np.float32)
    case = PreparedCase("a", "a", image, target, (np.argwhere(target == 1).astype(np.int32),), grid)
    sampler = PatchSampler([case], TASK, settings, AugmentSettings.preset("none"), 1, torch.device("cpu"))
    return Stepper(
        settings,
        TASK,
        network,
        torch.optim.SGD(network.parameters(), lr=1.0),
        MovingAverage(network, 0.9),
        sampler,
        engine=Engine(),
        guard=MemoryGuard(MemoryPlan.whole(batch_size, (8, 8, 8)), (2, 2, 2)),
        world=World(),
    )


def test_losses_fall() -> None:
    one = stepper(Small(10**9))
    losses = [float(one.learn(step, one.batch(step), 0.5)) for step in range(30)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_where_memory_is_short_a_step_goes_through_in_parts() -> None:
    network = Small(2 * 512)
    one = stepper(network)
    one.learn(0, one.batch(0), 0.1)
    assert network.seen == [(2, 1, 8, 8, 8)] * 2
    assert one.guard.plan.micro == 2


def test_then_patches_shrink_and_later_batches_are_drawn_so() -> None:
    network = Small(7 * 8 * 8)
    one = stepper(network, batch_size=2)
    one.learn(0, one.batch(0), 0.1)
    assert network.seen == [(1, 1, 6, 8, 8)] * 2
    assert one.batch(1).images.shape == (2, 1, 6, 8, 8)


def test_below_the_smallest_patch_it_ends_with_what_to_do() -> None:
    one = stepper(Small(0))
    with pytest.raises(MedOptError, match=r"does not fit into memory.*choose a smaller network"):
        one.learn(0, one.batch(0), 0.1)


def test_other_errors_pass() -> None:
    class Broken(Small):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("shapes differ")

    one = stepper(Broken(1))
    with pytest.raises(RuntimeError, match="shapes differ"):
        one.learn(0, one.batch(0), 0.1)


def test_groups_learn_at_their_own_share_of_the_rate() -> None:
    one = stepper(Small(10**9))
    one.optimiser.param_groups[0]["lr_scale"] = 0.0
    before = [p.detach().clone() for p in one.network.parameters()]
    one.learn(0, one.batch(0), 1.0)
    assert all(torch.equal(p, q) for p, q in zip(one.network.parameters(), before, strict=True))
