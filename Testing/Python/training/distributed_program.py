"""What each process of ``test_distributed.py`` runs: a tiny training whose loss has sums over the batch in it."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from medopt.errors import MedOptError
from medopt.training.distributed import World, joined

CPU = torch.device("cpu")


def sample(number: int) -> tuple[Tensor, Tensor]:
    """Image and classes of a sample: a pure function of its number."""
    numbers = torch.Generator().manual_seed(number)
    image = torch.randn(1, 8, 8, generator=numbers)
    return image, (image[0] + 0.3 * torch.randn(8, 8, generator=numbers) > 0.8).long()


def loss_of(world: World, logits: Tensor, classes: Tensor) -> Tensor:
    """Dice over the batch and cross-entropy over its voxels, as sums over all processes."""
    scores, truth = logits.softmax(1)[:, 1], (classes == 1).float()
    sums = torch.stack([(scores * truth).sum(), scores.sum(), truth.sum()])
    entropy = F.cross_entropy(logits, classes, reduction="sum")
    shared, predicted, actual, surprise, voxels = world.total(
        torch.cat([sums, entropy[None], torch.tensor([float(classes.numel())])])
    )
    return 1 - 2 * shared / (predicted + actual) + surprise / voxels


def train(world: World, batch: int, steps: int) -> dict[str, object]:
    """Losses and last weights; ``batch`` is that of all processes together."""
    torch.manual_seed(world.rank)  # other weights in each, until the first one's are spread
    # no bias before the norm: its gradient is rounding alone, which AdamW would blow up
    network = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.InstanceNorm2d(4, affine=True), nn.ReLU())
    network.append(nn.Conv2d(4, 2, 1))
    idle = nn.Linear(2, 2)
    network[2].add_module("idle", idle)  # takes no part
    world.spread(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.02)
    losses = []
    for step in range(steps):
        mine = world.share(range(step * batch, (step + 1) * batch))
        images, classes = (torch.stack(part) for part in zip(*(sample(n) for n in mine), strict=True))
        loss = loss_of(world, network(images), classes)
        optimiser.zero_grad(set_to_none=True)
        weight = world.weight(len(mine), batch)
        (loss * weight).backward()
        world.sum_gradients(network)
        optimiser.step()
        losses.append(float(world.mean(loss, weight)))
    weights = [float(p.detach().double().sum()) for p in network.parameters()]
    return {"losses": losses, "weights": weights, "idle": idle.weight.grad is None}


def agree(world: World) -> list[object]:
    """What the processes find out about each other."""
    late = world.decide(world.rank == 1, 10.0 + world.rank)
    return [late, world.agree({"rank": world.rank}), world.gather(["é" * world.rank, world.rank])]


def end(what: str) -> None:
    """Leave the others alone in one of several ways."""
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "hang":
        signal.pause()
    raise MedOptError("the loss stopped being a number", where="step 3")


def main(what: str, out: Path) -> None:
    """Run ``what`` in this process and write what it found."""
    torch.set_num_threads(1)
    with joined(CPU, timeout=float(os.environ.get("TEST_TIMEOUT", "60"))) as world:
        if what == "work":
            found = {"agree": agree(world), "four": train(world, 4, 20), "three": train(world, 3, 20)}
            (out / f"{world.rank}.json").write_text(json.dumps(found))
            return
        world.wait()
        if world.rank == 1:
            end(what)
        while True:
            world.decide(False, 0.0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
