"""How often the limit of the calibration error of voxels, and its interval, are right.

    python Testing/Benchmarks/voxel_calibration.py [--samples 1000]

Subjects have 300 to 1,500 voxels, whose probabilities follow a Beta(0.4, 0.6); what is true follows them but for a
slope of the logit and a shift that differs from subject to subject. The truth is that of a million voxels.
"""

from __future__ import annotations

import argparse

import numpy as np

from medopt.metrics import calibration_error, reliability
from medopt.validation import BootstrapSettings
from medopt.validation.mask_calibration import MaskBins, calibrate_masks
from medopt.validation.voxel_counts import VoxelBins

SETTINGS = BootstrapSettings(samples=1000)
WORLDS = {
    "right": (1.0, 0.0, 0.0),
    "right on average, subjects differ": (1.0, 0.0, 0.3),
    "a little too sure": (0.9, -0.1, 0.3),
    "too sure": (0.8, -0.2, 0.3),
    "much too sure": (0.6, -0.3, 0.5),
}
"""Slope, shift and its standard deviation between subjects."""


def voxels(
    random: np.random.Generator, number: int, slope: float, shift: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and those with which their voxels are really true."""
    sure = np.clip(random.beta(0.4, 0.6, number), 1e-9, 1 - 1e-9)
    return sure, 1 / (1 + np.exp(-(slope * np.log(sure / (1 - sure)) + shift)))


def bins(sure: np.ndarray, truth: np.ndarray) -> VoxelBins:
    """As a case leaves them."""
    table = reliability(truth, sure)
    number, true = (tuple(int(n) for n in part) for part in (table.number, table.true))
    return VoxelBins(number, tuple(table.given.tolist()), true, float(((sure - truth) ** 2).sum()))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000, help="cohorts of each kind")
    samples, random = parser.parse_args().samples, np.random.default_rng(1)
    print("| probabilities | subjects | true error | mean found | above the limit % | interval given % | it holds % |")
    print("|---|---|---|---|---|---|---|")
    for name, (slope, mean, spread) in WORLDS.items():
        sure, really = voxels(random, 1_000_000, slope, random.normal(mean, spread, 1_000_000))
        truth = calibration_error(reliability(random.random(len(sure)) < really, sure)) or 0.0
        for subjects in (20, 50):
            rows = []
            for _ in range(samples):
                cases = []
                for n in range(subjects):
                    sure, really = voxels(random, int(random.integers(300, 1500)), slope, random.normal(mean, spread))
                    cases.append(MaskBins(f"c{n}", f"s{n}", "organ", bins(sure, random.random(len(sure)) < really)))
                rows.append(calibrate_masks(cases, ["organ"], SETTINGS).row("organ", "ece"))
            above = sum((row.estimate or 0) > (row.by_chance or 0) for row in rows)
            given = [row for row in rows if row.low is not None and row.high is not None]
            held = sum((row.low or 0) <= truth <= (row.high or 0) for row in given)
            found = np.mean([row.estimate for row in rows if row.estimate is not None])
            holds = f"{100 * held / len(given):.1f}" if given else "–"
            print(
                f"| {name} | {subjects} | {truth:.4f} | {found:.4f} | {100 * above / samples:.1f} "
                f"| {100 * len(given) / samples:.1f} | {holds} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
