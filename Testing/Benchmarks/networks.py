"""Size and speed of every network on this machine's CPU: whole images in 2D, voxels in 3D.

Run with ``python Testing/Benchmarks/networks.py [--sizes S M L] [--names …] [--rounds N] [--count]``.

One input with one channel: 224 × 224 to 2 classes, and 32 × 32 × 32 to 3 classes at full resolution, with the strides
that MedOpt proposes for them. Times are medians over the rounds after one to warm up, with torch's usual layout of
memory and with channels last; a step is forward, backward and AdamW. ``--count`` leaves the times out. It asserts
nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

import torch
from torch import Tensor, nn

from medopt.networks import NETWORKS, Head, build_network, describe_network, network_of


@dataclass(frozen=True)
class Work:
    """What the networks are given."""

    title: str
    shape: tuple[int, int, int]
    dims: int
    outputs: int
    head: Head


WORKS = (
    Work("2D, whole image, 224 × 224", (1, 224, 224), 2, 2, "image"),
    Work("3D, voxels, 32 × 32 × 32", (32, 32, 32), 3, 3, "voxels"),
)

LAST = {2: torch.channels_last, 3: torch.channels_last_3d}


def total(outputs: Tensor | list[Tensor]) -> Tensor:
    """Something to make small."""
    levels = outputs if isinstance(outputs, list) else [outputs]
    return torch.stack([level.square().mean() for level in levels]).sum()


def milliseconds(work: Callable[[], object]) -> float:
    """Of one call."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def passes(network: nn.Module, images: Tensor) -> tuple[Callable[[], object], Callable[[], object]]:
    """(a forward pass outside training, a training step)."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-4)

    def forward() -> None:
        network.eval()
        with torch.inference_mode():
            network(images)

    def step() -> None:
        network.train()
        optimiser.zero_grad(set_to_none=True)
        total(network(images)).backward()
        optimiser.step()

    return forward, step


def table(work: Work, names: Sequence[str], sizes: Sequence[str], rounds: int) -> None:
    """Print a line a network."""
    print(f"\n{work.title}" + (f", {torch.get_num_threads()} threads, {rounds} rounds" if rounds else ""))
    timed = f"{'forward ms':>12}{'step ms':>9}{'last: forward':>15}{'step':>7}" if rounds else ""
    print(f"{'network':16}{'size':>5}{'parameters':>12}{'GMAC':>9}{'kept MB':>9}{'peak MB':>9}{timed}")
    for name in names:
        for size in sizes:
            settings = network_of(name, size, shape=work.shape, spacing=(1, 1, 1), head=work.head)  # type: ignore[arg-type]
            found = describe_network(settings, 1, work.outputs, work.dims, work.shape, work.head)
            line = f"{name:16}{size:>5}{found.parameters:>12,}{found.multiply_adds / 1e9:>9.3f}"
            line += f"{found.training_bytes / 1e6:>9.1f}{found.inference_bytes / 1e6:>9.1f}"
            widths = iter((12, 9, 15, 7))
            for layout in (torch.contiguous_format, LAST[work.dims]) if rounds else ():
                network = build_network(settings, 1, work.outputs, work.dims, work.head).to(memory_format=layout)
                images = torch.randn(1, 1, *work.shape[3 - work.dims :]).to(memory_format=layout)
                forward, step = passes(network, images)
                times = [(milliseconds(forward), milliseconds(step)) for _ in range(rounds + 1)][1:]
                line += "".join(f"{median(column):>{next(widths)}.0f}" for column in zip(*times, strict=True))
            print(line, flush=True)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["M"], choices=["S", "M", "L"])
    parser.add_argument("--names", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--count", action="store_true", help="count only, no times")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    for work in WORKS:
        table(work, arguments.names, arguments.sizes, 0 if arguments.count else max(1, arguments.rounds))


if __name__ == "__main__":
    main()
