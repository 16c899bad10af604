"""Time of a training step by precision, layout and compiling; share of the peak; memory beside its estimate.

Run with ``python Testing/Benchmarks/training_step.py [--rounds N] [--compile] [--device cpu|cuda] [--quick]``. The ways
take turns, medians are shown, the fastest and slowest round beside them. It also shows what the probe of a training of
5 minutes chooses, and how long it took. It asserts nothing.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from medopt.networks import UNet, build_network
from medopt.training.device import choose_device
from medopt.training.engine import Engine
from medopt.training.flops import matrix_peak, step_flops
from medopt.training.memory import step_memory
from medopt.training.probe import can_compile, probe
from medopt.training.running_settings import RunningSettings

HALVING = ((1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2))
FLAT = ((1, 1, 1), (1, 2, 2), (1, 2, 2), (1, 2, 2))
WAYS = [Engine(p, f) for p in ("float32", "bfloat16") for f in ("contiguous", "channels_last")]


@dataclass(frozen=True)
class Case:
    """A network and the patches it learns from."""

    name: str
    settings: UNet
    batch: int
    patch: tuple[int, int, int]

    @property
    def dims(self) -> int:
        return 2 if self.patch[0] == 1 else 3

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.batch, 1, *self.patch[3 - self.dims :])

    def build(self) -> nn.Module:
        torch.manual_seed(0)
        return build_network(self.settings, 1, 3, self.dims).train()


CASES = [
    Case("3D U-Net, 16 features, 2 x 40x56x40", UNet(features=(16, 32, 64, 128), strides=HALVING), 2, (40, 56, 40)),
    Case("2D U-Net, 16 features, 4 x 256x256", UNet(features=(16, 32, 64, 128), strides=FLAT), 4, (1, 256, 256)),
    Case("3D U-Net, 32 features, 1 x 64x64x64", UNet(features=(32, 64, 128, 256), strides=HALVING), 1, (64, 64, 64)),
]


def loss_of(outputs: Tensor | list[Tensor]) -> Tensor:
    levels = outputs if isinstance(outputs, list) else [outputs]
    return torch.stack([level.float().square().mean() for level in levels]).sum()


def step(engine: Engine, forward, images: Tensor, network: nn.Module) -> float:
    """Seconds of one forward and backward pass."""
    _wait(images)
    began = time.perf_counter()
    with engine.autocast(images.device):
        outputs = forward(images)
    loss_of(outputs).backward()
    network.zero_grad(set_to_none=True)
    _wait(images)
    return time.perf_counter() - began


def _wait(images: Tensor) -> None:
    if images.is_cuda:
        torch.cuda.synchronize()


def show(case: Case, device: torch.device, rounds: int, compiling: bool) -> None:
    engines = WAYS + ([Engine(compiled=True), Engine("bfloat16", compiled=True)] if compiling else [])
    images = torch.randn(case.shape, device=device)
    ready, first = [], {}
    for engine in engines:
        network = case.build().to(device)
        laid, forward = engine.lay(images), engine.forward(network)
        first[engine] = step(engine, forward, laid, network)
        ready.append((engine, forward, laid, network))
    seconds: dict[Engine, list[float]] = {engine: [] for engine in engines}
    for _ in range(rounds):
        for engine, forward, laid, network in ready:
            seconds[engine].append(step(engine, forward, laid, network))
    work = step_flops(case.build(), case.shape)
    print(f"\n{case.name}: {work / 1e9:.1f} GFLOP a step, n = {rounds}")
    print(f"{'':36} {'median ms':>9} {'range':>13} {'samples/s':>9} {'TFLOP/s':>8} {'of peak':>8} {'first s':>8}")
    for engine, times in seconds.items():
        median = statistics.median(times)
        peak = matrix_peak(device, engine.precision)
        span = f"{min(times) * 1e3:.0f}-{max(times) * 1e3:.0f}"
        print(
            f"{engine.name:36} {median * 1e3:9.0f} {span:>13} {case.batch / median:9.2f} {work / median / 1e12:8.3f} "
            f"{work / median / peak:8.1%} {first[engine]:8.1f}"
        )


def show_probe(case: Case, device: torch.device, compiling: bool) -> None:
    settings = RunningSettings() if compiling else RunningSettings(compile=False)
    began = time.perf_counter()
    found = probe(case.build().to(device), torch.randn(case.shape, device=device), settings=settings, minutes=5)
    print(f"\n{case.name}, 5 minutes: {found.sentence} Measured in {time.perf_counter() - began:.1f} s.")


MEMORY = """
import sys
sys.path.insert(0, {folder!r})
import torch
from training_step import CASES, loss_of
case = CASES[{number}]
network, images = case.build(), torch.randn(case.shape)
def kilobytes(name):
    return int(open('/proc/self/status').read().split(name + ':')[1].split()[0])
base = kilobytes('VmRSS')
open('/proc/self/clear_refs', 'w').write('5')
with torch.autocast('cpu', torch.bfloat16, enabled={half}):
    outputs = network(images)
loss_of(outputs).backward()
print((kilobytes('VmHWM') - base) * 1024)
"""


def show_memory(cases: list[Case]) -> None:
    """Measured peak of a step in a process of its own beside the estimate; only where Linux lets the peak be reset."""
    print(f"\n{'memory of a step, MiB':36} {'measured':>9} {'estimate':>9}")
    for number, case in enumerate(cases):
        for precision in ("float32", "bfloat16"):
            folder = str(__file__).rsplit("/", 1)[0]
            program = MEMORY.format(folder=folder, number=number, half=precision == "bfloat16")
            done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{case.name} {precision}: not measured here")
                continue
            need = step_memory(case.build(), 1, case.patch, case.dims, precision).total(case.batch)
            print(f"{case.name[:26]:26} {precision:9} {int(done.stdout) / 2**20:9.0f} {need / 2**20:9.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--compile", action="store_true", help="also compiled; takes a minute a network on CPUs")
    parser.add_argument("--device", default=None)
    parser.add_argument("--quick", action="store_true", help="the first network alone")
    given = parser.parse_args()
    chosen = choose_device(given.device)
    compiling = given.compile and can_compile(chosen.torch)
    print(f"{chosen.name}, {chosen.threads} threads, torch {torch.__version__}; {chosen.reason}")
    for precision in ("float32", "bfloat16"):
        print(f"matrix product, {precision}: {matrix_peak(chosen.torch, precision) / 1e12:.3f} TFLOP/s")
    cases = CASES[:1] if given.quick else CASES
    for case in cases:
        show(case, chosen.torch, given.rounds, compiling)
    show_probe(cases[0], chosen.torch, compiling)
    if chosen.kind == "cpu":
        show_memory(cases)


if __name__ == "__main__":
    main()
