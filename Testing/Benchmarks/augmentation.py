"""Time to cut one augmented patch, image and label, on one CPU thread: MedOpt beside MONAI, TorchIO and others.

Run with ``python Testing/Benchmarks/augmentation.py [--rounds N] [--quick]``; the peers come with
``python -m pip install -c requirements-lock.txt -e ".[worker,bench]"``. It first shows that the peers agree where the
operation is the same, then times them. All run in one process and take turns, with the same ranges, linear
interpolation of the image and nearest label. It asserts nothing.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy and torch are loaded

import argparse
import time
import warnings
from importlib.metadata import PackageNotFoundError, version
from statistics import mean, median

import numpy as np
import SimpleITK as sitk
import torch
from augmentation_agreement import show_agreement
from augmentation_cases import PRESET, SPATIAL, Case, make_case
from augmentation_peers import Way, ways

FEWEST = 3
"""Rounds that every rival runs, however slow it is."""

CASES = {
    "3D, 96³ -> 64³": ((96, 96, 96), (64, 64, 64)),
    "2D, 512² -> 512²": ((1, 512, 512), (1, 512, 512)),
    "3D, 192³ -> 128³": ((192, 192, 192), (128, 128, 128)),
}
A = frozenset({"rotation", "scaling", "flip"})
TASKS = {
    "(a) rotation + scaling + flip": A,
    "(b) the same + elastic": A | {"elastic"},
    "(c) preset 'standard', every technique each time": frozenset(PRESET),
    "(c) preset 'standard', techniques by its probabilities": None,
}


def drawn_techniques(round_: int) -> frozenset[str]:
    """Techniques of the preset that chance gives to a patch; the same for all rivals, so that their work is equal."""
    rng = np.random.default_rng([7, round_])
    return frozenset(name for name, t in PRESET.items() if rng.random() < t.probability or name == "flip")


def measure(case: Case, techniques: frozenset[str] | None, rivals: dict[str, Way], rounds: int, seconds: float):
    """Seconds of each patch by rival; one that has used up ``seconds`` leaves the rest of the rounds to others."""
    built = {name: way.build(case) for name, way in rivals.items()}
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for round_ in range(-1, rounds):  # one to warm up
        chosen = drawn_techniques(round_ + 1) if techniques is None else techniques
        for name, way in rivals.items():
            if len(times[name]) >= FEWEST and sum(times[name]) > seconds:
                continue
            run = built[name](chosen & way.does)
            began = time.perf_counter()
            run(round_ + 1)
            if round_ >= 0:
                times[name].append(time.perf_counter() - began)
    return times


def show(title: str, techniques: frozenset[str] | None, rivals: dict[str, Way], times: dict[str, list[float]]) -> None:
    """One table. Where the work changes from patch to patch the mean counts, over the rounds that both ran."""
    mixed = techniques is None
    wanted = frozenset(PRESET) if mixed else techniques
    if mixed:
        title += " (ratio of means over the patches that both cut)"
    print(f"\n{title}\n  {'':<24}{'mean' if mixed else 'median':>9} ms{'n':>5}{'MedOpt = 1':>12}")
    for name, values in times.items():
        if mixed:
            middle, ours = mean(values), mean(times["MedOpt"][: len(values)])
        else:
            middle, ours = median(values), median(times["MedOpt"])
        lacks = ", ".join(sorted(wanted - rivals[name].does))
        note = f"   lacks {lacks}" if lacks else ""
        print(f"  {name:<24}{middle * 1e3:9.1f}   {len(values):5}{middle / ours:12.2f}{note}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="patches for each rival (default 15)")
    parser.add_argument("--seconds", type=float, default=1.5, help="time after which a rival may stop (default 1.5)")
    parser.add_argument("--quick", action="store_true", help="5 rounds, without the largest patches")
    given = parser.parse_args()
    torch.set_num_threads(1)
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    warnings.simplefilter("ignore")
    np.random.seed(0)
    torch.manual_seed(0)
    found = ways()
    for name in ("torch", "monai", "torchio", "batchgeneratorsv2"):
        try:
            print(f"{name} {version(name)}", end="; ")
        except PackageNotFoundError:
            print(f"{name} is not installed", end="; ")
    print("one thread")
    for name, way in found.items():
        if way.absent:
            print(f"LEFT OUT: {name}: {way.absent}")
    show_agreement(found)
    rivals = {name: way for name, way in found.items() if not way.absent}
    for size, (shape, patch) in CASES.items():
        if given.quick and max(patch) == 128:
            continue
        case = make_case(shape, patch)
        for task, techniques in TASKS.items():
            able = {n: w for n, w in rivals.items() if (techniques or frozenset(PRESET)) <= w.does or w.does - SPATIAL}
            rounds = 5 if given.quick else given.rounds
            times = measure(case, techniques, able, rounds * (2 if techniques is None else 1), given.seconds)
            show(f"{size}, {task}", techniques, able, times)


if __name__ == "__main__":
    main()
