"""What a training finds out before it starts, and what it leaves as it was told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from medopt.events import Collector
from medopt.image import Geometry
from medopt.project import ClassInfo
from medopt.tasks import SegmentationTask
from medopt.training import Recipe, memory
from medopt.training.cache import PreparedCase
from medopt.training.distributed import World
from medopt.training.means import find_means

TASK = SegmentationTask([ClassInfo(value=1, name="a", color="#808080")])


def case() -> PreparedCase:
    grid = Geometry((8, 8, 8))
    target = np.zeros(grid.shape, np.uint8)
    target[2:5, 2:5, 2:5] = 1
    points = (np.argwhere(target == 1).astype(np.int32),)
    return PreparedCase("a", "a", target[None].astype(np.float32), target, points, grid)


def recipe(**running: object) -> Recipe:
    values = {
        "preprocess": {"steps": []},
        "augment": {"techniques": []},
        "network": {"name": "unet", "features": (4, 8), "strides": ((1, 1, 1), (2, 2, 2))},
        "training": {"patch": (8, 8, 8), "steps": 5, "batch_size": 4},
        "running": {"compile": False, **running},
    }
    return Recipe.parse(values, "recipe.yaml")


def find(network: nn.Module, given: Recipe, told: Collector):
    return find_means(network, given, TASK, [case()], torch.device("cpu"), World(), told)


def test_what_is_open_is_measured_told_and_decided_and_the_network_is_as_it_was() -> None:
    network, told = nn.Conv3d(1, 2, 1), Collector()
    before = [p.detach().clone() for p in network.parameters()]
    random = torch.get_rng_state()
    means, running = find(network, recipe(), told)
    assert all(torch.equal(p, q) for p, q in zip(network.parameters(), before, strict=True))
    assert torch.equal(random, torch.get_rng_state())
    assert not running.open
    assert running.accumulate == 1
    assert (running.precision, running.memory_format) == (means.engine.precision, means.engine.memory_format)
    assert means.spent > 0
    assert "A step runs in" in told.events[-1]["text"]


def test_what_the_recipe_says_is_not_measured() -> None:
    told = Collector()
    given = recipe(precision="bfloat16", memory_format="channels_last", accumulate=2)
    means, running = find(nn.Conv3d(1, 2, 1), given, told)
    assert told.events == []
    assert running == given.running
    assert (means.engine.name, means.plan.micro) == ("bfloat16, channels last", 2)


def test_a_step_that_does_not_fit_is_cut_before_it_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    network, told = nn.Conv3d(1, 2, 1), Collector()
    need = memory.step_memory(network, 1, (8, 8, 8), 3, "float32")
    monkeypatch.setattr(
        memory, "available_memory", lambda _device: int((need.fixed + 2.5 * need.sample) / memory.SHARE)
    )
    means, running = find(network, recipe(precision="float32", memory_format="contiguous"), told)
    assert (means.plan.micro, running.accumulate) == (2, 2)
    assert "Memory is short" in told.events[0]["text"]
