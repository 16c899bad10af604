"""How long all segmentation metrics of one large case take, beside MONAI's, in one process on one core.

A 512 × 512 × 300 case of 0.8 × 0.8 × 1.5 mm with 10 structures of 2 to 1,500 ml. Run:
    python Testing/Benchmarks/metrics.py [--small] [--without-monai] [--rounds 3]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and torch are loaded

import argparse
import resource
import time
import warnings

import numpy as np

from medopt.image import Geometry, LabelMap
from medopt.validation import CaseScore, Structure, score_case

RADII_MM = (
    *((95, 75, 55), (60, 50, 40), (55, 45, 45), (45, 30, 30), (45, 30, 30)),
    *((30, 25, 20), (40, 15, 12), (25, 15, 15), (12, 10, 10), (8, 8, 7)),
)
"""Of the ten structures, in an image of 410 mm; they shrink with the image."""


OURS = "MedOpt, patches (default): Dice, IoU, NSD, HD95, HD, ASSD, volumes, lesions"
CROPPED = "MONAI, cropped to each structure first: Dice, NSD, HD95, HD, ASSD"
WHOLE = "MONAI, whole image: the same"


def synthetic_case(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> tuple[LabelMap, LabelMap]:
    """A reference of bumpy ellipsoids and a prediction that is off by a few mm here and there."""
    random = np.random.default_rng(5)
    extent = np.asarray(shape) * spacing
    labels = [np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)]
    grid = [np.arange(n, dtype=np.float32) * s for n, s in zip(shape, spacing, strict=True)]
    for value, radii in enumerate(RADII_MM, start=1):
        size = np.asarray(radii) * extent.min() / 410
        center = random.uniform(size * 1.2, extent - size * 1.2)
        box = tuple(
            slice(*np.searchsorted(g, (c - 1.3 * r, c + 1.3 * r))) for g, c, r in zip(grid, center, size, strict=True)
        )
        k, j, i = np.meshgrid(*[g[b] for g, b in zip(grid, box, strict=True)], indexing="ij", sparse=True)
        bump = 0.1 * np.sin(k / 6) * np.sin(j / 7) * np.sin(i / 5)
        for label, drift in zip(labels, (np.zeros(3), random.uniform(-2, 2, 3)), strict=True):
            wobble = bump if label is labels[0] else bump + 0.03 * np.sin(k / 3 + j / 4) * np.cos(i / 3)
            inside = sum(((x - c - d) / r) ** 2 for x, c, d, r in zip((k, j, i), center, drift, size, strict=True))
            label[box][inside <= 1 + wobble] = value
    geometry = Geometry(shape, spacing)
    return LabelMap(labels[0], geometry), LabelMap(labels[1], geometry)


def with_monai(reference: LabelMap, prediction: LabelMap, structures: list[Structure], one_by_one: bool) -> list[dict]:
    """Dice, surface Dice, HD95, HD and ASSD by MONAI, one structure at a time."""
    import torch
    from monai.metrics import (
        compute_average_surface_distance,
        compute_dice,
        compute_hausdorff_distance,
        compute_surface_dice,
    )

    torch.set_num_threads(1)
    spacing = list(reference.geometry.spacing)
    found = []
    for structure in structures:
        a, b = reference.array == structure.value, prediction.array == structure.value
        if one_by_one:  # a careful user crops first
            box = tuple(
                slice(int(h[0]), int(h[-1]) + 1)
                for h in (np.flatnonzero((a | b).any(axis=x)) for x in ((1, 2), (0, 2), (0, 1)))
            )
            a, b = a[box], b[box]
        y, p = torch.from_numpy(a)[None, None], torch.from_numpy(b)[None, None]
        options = {"include_background": True, "spacing": spacing}
        found.append(
            {
                "dice": compute_dice(p, y, include_background=True),
                "nsd": compute_surface_dice(p, y, [1.0], use_subvoxels=True, **options),
                "hd95_mm": compute_hausdorff_distance(p, y, percentile=95, **options),
                "hd_mm": compute_hausdorff_distance(p, y, **options),
                "assd_mm": compute_average_surface_distance(p, y, symmetric=True, **options),
            }
        )
    return [{name: float(value) for name, value in row.items()} for row in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a case of 160 × 160 × 100")
    parser.add_argument("--without-monai", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    shape = (100, 160, 160) if arguments.small else (300, 512, 512)
    spacing = (4.5, 2.56, 2.56) if arguments.small else (1.5, 0.8, 0.8)
    reference, prediction = synthetic_case(shape, spacing)
    structures = [Structure(v, f"structure {v}") for v in range(1, 11)]
    timings: dict[str, list[float]] = {}

    def clock(title, work):
        start = time.perf_counter()
        result = work()
        timings.setdefault(title, []).append(time.perf_counter() - start)
        return result

    def medopt(points: str) -> list[CaseScore]:
        return score_case(reference, prediction, structures, surface_points=points)  # type: ignore[arg-type]

    if not arguments.without_monai:  # loading and first calls are not what is measured
        with_monai(*synthetic_case((20, 30, 30), (20.0, 13.0, 13.0)), structures[:1], True)
    score_case(*synthetic_case((20, 30, 30), spacing), structures[:1])
    theirs = []
    for _ in range(arguments.rounds):
        scores = clock(OURS, lambda: medopt("patch"))
        corner = clock("MedOpt, voxel corners", lambda: medopt("corner"))
        if not arguments.without_monai:
            theirs = clock(CROPPED, lambda: with_monai(reference, prediction, structures, True))
            clock(WHOLE, lambda: with_monai(reference, prediction, structures, False))
    print(f"\n{shape} voxels, {spacing} mm, 10 structures, one core; medians of {arguments.rounds} interleaved rounds")
    ours = np.array(timings[OURS])
    for title, seconds in timings.items():
        ratios = np.array(seconds) / ours
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        print(f"{np.median(seconds):9.2f} s ({spread:>16s}), {np.median(ratios):6.1f} times MedOpt's  {title}")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:9.2f} GiB peak memory of this process\n")
    if theirs:
        for name in ("dice", "nsd", "hd95_mm", "hd_mm", "assd_mm"):
            apart = [abs(score.value(name) - other[name]) for score, other in zip(corner, theirs, strict=True)]
            print(f"largest difference to MONAI with voxel corners, {name}: {max(apart):.4f}")
    print("structure      ml   Dice  NSD@1 patch/corner/MONAI   HD95 patch/corner/MONAI   ASSD patch/corner/MONAI")
    for n, (score, other) in enumerate(zip(scores, corner, strict=True)):

        def three(name, score=score, other=other, n=n):
            values = [score.value(name), other.value(name), theirs[n][name] if theirs else float("nan")]
            return "/".join(f"{v:.3f}" for v in values)

        print(
            f"{score.structure:12s} {score.reference_ml:6.0f}  {score.value('dice'):.3f}"
            f"  {three('nsd'):>25s}  {three('hd95_mm'):>24s}  {three('assd_mm'):>24s}"
        )


if __name__ == "__main__":
    main()
