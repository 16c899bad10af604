"""How near the surface distances of MedOpt and of others come to the analytic answer on shifted ellipsoids.

Radii 25 × 20 × 15 mm along (k, j, i), rasterised at several spacings, against dense points on the true surfaces. Run:
    python Testing/Benchmarks/surface_accuracy.py
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice
from scipy.spatial import KDTree

from medopt.metrics import SurfaceDistances, assd, hausdorff, measure_surfaces, nsd

RADII = np.array([25.0, 20.0, 15.0])
SPACINGS = ((5.0, 0.8, 0.8), (2.5, 0.8, 0.8), (1.0, 1.0, 1.0))
SHIFTS = ((0.0, 0.8, 0.8), (2.5, 1.3, 0.4), (2.0, 1.6, 2.4))


def exact(one: np.ndarray, other: np.ndarray, n: int = 400_000) -> SurfaceDistances:
    """Distances between the true surfaces, from points spread evenly and weighted by area."""
    steps = np.arange(n) + 0.5
    polar, turn = np.arccos(1 - 2 * steps / n), np.pi * (1 + 5**0.5) * steps
    unit = np.stack([np.cos(polar), np.sin(polar) * np.sin(turn), np.sin(polar) * np.cos(turn)], axis=1)
    area = np.prod(RADII) * np.linalg.norm(unit / RADII, axis=1)
    parts = []
    for a, b in ((one, other), (other, one)):
        distance = KDTree(unit * RADII + b).query(unit * RADII + a)[0]
        order = np.argsort(distance)
        parts += [distance[order], area[order]]
    return SurfaceDistances(parts[0], parts[1], parts[2], parts[3], diagonal=0.0)


def main() -> None:
    warnings.simplefilter("ignore")
    print("HD95 and ASSD in mm, NSD at 1 mm\n")
    print(f"{'spacing':>16s} {'shift':>16s}  {'surfaces':30s} {'HD95':>6s} {'ASSD':>6s} {'NSD@1':>6s}")
    for spacing in SPACINGS:
        for shift in SHIFTS:
            center = np.array([50.0, 50.0, 50.0])
            grid = np.meshgrid(*[np.arange(0, 100, s) for s in spacing], indexing="ij", sparse=True)

            def ellipsoid(middle: np.ndarray, grid=grid) -> np.ndarray:
                return sum(((x - c) / r) ** 2 for x, c, r in zip(grid, middle, RADII, strict=True)) <= 1

            reference, prediction = ellipsoid(center), ellipsoid(center + shift)
            rows = [("analytic", exact(center, center + np.array(shift)))]
            rows += [
                ("MedOpt, patches (default)", measure_surfaces(reference, prediction, spacing)),
                ("MedOpt, voxel corners", measure_surfaces(reference, prediction, spacing, points="corner")),
            ]
            for title, found in rows:
                print(
                    f"{spacing!s:>16s} {shift!s:>16s}  {title:30s} {hausdorff(found):6.2f} {assd(found):6.2f}"
                    f" {nsd(found, 1.0):6.3f}"
                )
            masks = [torch.from_numpy(m)[None, None] for m in (prediction, reference)]
            options = {"include_background": True, "spacing": list(spacing)}
            hd95 = float(compute_hausdorff_distance(*masks, percentile=95, **options))
            mean = float(compute_average_surface_distance(*masks, symmetric=True, **options))
            for title, subvoxels in (("MONAI", False), ("MONAI, use_subvoxels", True)):
                part = float(compute_surface_dice(*masks, [1.0], use_subvoxels=subvoxels, **options))
                told = f"{hd95:6.2f} {mean:6.2f}" if not subvoxels else f"{'':6s} {'':6s}"
                print(f"{spacing!s:>16s} {shift!s:>16s}  {title:30s} {told} {part:6.3f}")


if __name__ == "__main__":
    main()
