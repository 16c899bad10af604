"""Time to cut one augmented patch, image and label, on one CPU thread: MedOpt beside MONAI.

Run with ``python Testing/Benchmarks/augmentation.py [--rounds N]``. All rivals run in one process and take turns, with
the same ranges, linear interpolation of the image and nearest label; the table shows the median of the time that a
patch takes, parameters drawn anew each time. It asserts nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch
from monai.transforms import (
    Compose,
    Rand3DElasticd,
    RandAffined,
    RandAxisFlipd,
    RandFlipd,
    RandRotated,
    RandSpatialCropd,
    RandZoomd,
)
from torch.nn import functional

from medopt.augment import AugmentSettings, content_matrix, draw, sample_patches

ANGLE = 15.0
FACTOR = (0.8, 1.25)


def cohort(size: int) -> tuple[np.ndarray, np.ndarray]:
    """A volume (1, size, size, size) float32 and a label map."""
    rng = np.random.default_rng(0)
    volume = rng.normal(size=(1, size, size, size)).astype(np.float32)
    return volume, (volume[0] > 1).astype(np.uint8)


def medopt(size: int, patch: int, *techniques: dict[str, object] | str) -> Callable[[int], object]:
    """Our way: draw, then sample."""
    volume, label = cohort(size)
    shape, spacing = (patch,) * 3, (1.0, 1.0, 1.0)
    if techniques and isinstance(techniques[0], str):
        settings = AugmentSettings.model_validate(techniques[0])
    else:
        settings = AugmentSettings.parse({"techniques": list(techniques)}, "benchmark")

    def run(n: int) -> object:
        return sample_patches(
            [volume], [label], [(size // 2,) * 3], [draw(settings, n, shape, spacing)], shape, [spacing]
        )

    return run


def monai(size: int, transforms: list[Callable], lazy: bool = False) -> Callable[[int], object]:
    """MONAI's way: a composition of dictionary transforms."""
    volume, label = cohort(size)
    compose = Compose(transforms, lazy=lazy)
    compose.set_random_state(0)
    image_tensor, label_tensor = torch.from_numpy(volume), torch.from_numpy(label)[None]

    def run(n: int) -> object:
        return compose({"image": image_tensor, "label": label_tensor})

    return run


def grid_sample(size: int, patch: int) -> Callable[[int], object]:
    """The plain torch way: one composed matrix, ``affine_grid`` and ``grid_sample``."""
    volume, label = (torch.from_numpy(a) for a in cohort(size))
    image, truth = volume[None], label[None, None].float()
    settings = AugmentSettings.parse(
        {
            "techniques": [
                {"technique": "flip"},
                {"technique": "rotation", "probability": 1.0, "degrees": [ANGLE] * 3},
                {"technique": "scaling", "probability": 1.0, "factor": list(FACTOR)},
            ]
        },
        "benchmark",
    )

    def run(n: int) -> object:
        drawn = draw(settings, n, (patch,) * 3, (1.0, 1.0, 1.0))
        theta = np.linalg.inv(content_matrix(drawn))[:3] * patch / size
        grid = functional.affine_grid(torch.from_numpy(theta).float()[None], [1, 1, *(patch,) * 3], align_corners=False)
        moved = functional.grid_sample(truth, grid, mode="nearest", align_corners=False)
        return functional.grid_sample(image, grid, align_corners=False), moved.long()

    return run


def rivals(size: int, patch: int) -> dict[str, dict[str, Callable[[int], object]]]:
    """What runs, by task and by name."""
    keys, modes = ["image", "label"], ["bilinear", "nearest"]
    angle = np.deg2rad(ANGLE)
    ours = (
        {"technique": "flip"},
        {"technique": "rotation", "probability": 1.0, "degrees": [ANGLE] * 3},
        {"technique": "scaling", "probability": 1.0, "factor": list(FACTOR)},
    )
    elastic = {"technique": "elastic", "probability": 1.0, "spacing": 24, "magnitude": 4}

    def steps() -> list[Callable]:
        return [
            RandRotated(keys, angle, angle, angle, prob=1.0, mode=modes, padding_mode="zeros"),
            RandZoomd(keys, prob=1.0, min_zoom=FACTOR[0], max_zoom=FACTOR[1], mode=["trilinear", "nearest"]),
            *[RandFlipd(keys, prob=0.5, spatial_axis=axis) for axis in range(3)],
            RandSpatialCropd(keys, [patch] * 3, random_size=False),
        ]

    def composed() -> list[Callable]:
        return [
            RandAffined(
                keys,
                prob=1.0,
                rotate_range=[angle] * 3,
                scale_range=[(-0.2, 0.25)] * 3,
                spatial_size=[patch] * 3,
                mode=modes,
                padding_mode="zeros",
            ),
            RandAxisFlipd(keys, prob=0.5),
        ]

    def deformed() -> list[Callable]:
        return [
            Rand3DElasticd(
                keys,
                sigma_range=(5, 5),
                magnitude_range=(50, 50),
                prob=1.0,
                rotate_range=[angle] * 3,
                scale_range=[(-0.2, 0.25)] * 3,
                spatial_size=[patch] * 3,
                mode=modes,
                padding_mode="zeros",
            ),
            RandAxisFlipd(keys, prob=0.5),
        ]

    return {
        "rotation + scaling + flip": {
            "MedOpt": medopt(size, patch, *ours),
            "torch, one grid_sample": grid_sample(size, patch),
            "MONAI, one RandAffine": monai(size, composed()),
            "MONAI, lazy": monai(size, steps(), lazy=True),
            "MONAI, sequential": monai(size, steps()),
        },
        "the same + elastic": {
            "MedOpt": medopt(size, patch, *ours, elastic),
            "MONAI, Rand3DElastic": monai(size, deformed()),
        },
        "MedOpt's presets": {name: medopt(size, patch, name) for name in ("none", "light", "standard", "strong")},
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="patches for each rival (default 15)")
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, one thread, median of {rounds} patches, image and label")
    for size, patch in ((96, 64), (192, 128)):
        for task, runs in rivals(size, patch).items():
            times: dict[str, list[float]] = {name: [] for name in runs}
            for n in range(-2, rounds):  # two rounds to warm up
                for name, run in runs.items():
                    began = time.perf_counter()
                    run(n + 2)
                    if n >= 0:
                        times[name].append(time.perf_counter() - began)
            print(f"\n{size}³ -> {patch}³, {task}")
            for name, values in times.items():
                print(f"  {name:<24}{median(values) * 1e3:9.1f} ms")


if __name__ == "__main__":
    main()
