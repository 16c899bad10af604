"""How well a core set covers a cohort: facility location and k-center against random choices.

    python Testing/Benchmarks/core_set.py [--draws 200]

Real data beside the project: hippocampus volumes, cine MR slices. Prints the mean distance of a case to the nearest
chosen one, in the descriptors that the choice rests on, and for the hippocampus the same in numbers that it never saw:
volume, extent and place of the labelled structures.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.image import Image
from medopt.io import read_image
from medopt.labelling.coverage import cover, mean_distance
from medopt.labelling.descriptor import describe
from medopt.labelling.embeddings import Embeddings

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    draws = parser.parse_args().draws
    volumes = sorted((DATA / "hippocampus" / "imagesTr").glob("*.nii*"))
    points = embedded(volumes, "hippocampus")
    shapes = np.array([shape_of(path.parents[1] / "labelsTr" / path.name) for path in volumes])
    shapes = (shapes - shapes.mean(axis=0)) / shapes.std(axis=0)
    table("hippocampus", points, points, draws)
    table("hippocampus, shape of the labels", points, shapes, draws)
    slices = sorted(p for p in (DATA / "lv_cine" / "Train").rglob("*.png") if "label" not in str(p).lower())
    points = embedded(slices, "cine")
    table("cine", points, points, draws)


def embedded(paths: list[Path], name: str) -> NDArray:
    """(case, number) places of the images; tells what one costs."""
    values, reading, describing = [], 0.0, 0.0
    for path in paths:
        start = time.perf_counter()
        image = read_image(path)
        read = time.perf_counter()
        values.append(describe(Image(image.array[:1], image.geometry)))  # the cine pictures are grey stored as colour
        reading, describing = reading + read - start, describing + time.perf_counter() - read
    count = len(paths)
    cost = f"{1e3 * reading / count:.1f} ms to read and {1e3 * describing / count:.1f} ms to describe"
    print(f"{name}: {count} images, {cost}")
    return Embeddings(tuple(map(str, paths)), np.stack(values)).points()


def shape_of(path: Path) -> list[float]:
    """Log volume, extents and relative centre of both structures of a label."""
    label = read_image(path).array[0]
    numbers = []
    for value in (1, 2):
        inside = np.argwhere(label == value)
        numbers += [np.log(len(inside)), *np.ptp(inside, axis=0), *(inside.mean(axis=0) / label.shape)]
    return [float(n) for n in numbers]


def table(name: str, points: NDArray, measured: NDArray, draws: int) -> None:
    """Rows of chosen by ``points`` and measured in ``measured``."""
    for count in (5, 10, 20, 40):
        ours = mean_distance(measured, [p.row for p in cover(points, count)])
        center = mean_distance(measured, [p.row for p in cover(points, count, method="k-center")])
        drawn = [
            mean_distance(measured, np.random.default_rng(seed).choice(len(points), count, replace=False).tolist())
            for seed in range(draws)
        ]
        better = float(np.mean(ours < np.array(drawn)))
        random = f"{np.mean(drawn):.3f} ± {np.std(drawn):.3f} | {min(drawn):.3f} | {100 * better:.0f} % of {draws}"
        print(f"| {name} | {count} | {ours:.3f} | {center:.3f} | {random} |")


if __name__ == "__main__":
    main()
