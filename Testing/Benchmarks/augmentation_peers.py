"""The same augmentation of image and label by MedOpt's peers, for ``augmentation.py``.

Where a peer cannot do quite the same, it gets the settings that cost it less: MONAI's elastic field is smoothed by
5 voxels (the same smoothness as MedOpt's would take 14), spatial changes are done at patch size where it can, and it
flips the small patch rather than the large volume. What it lacks is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import torch
from augmentation_cases import (
    AFFINE,
    ANGLE,
    FACTOR,
    GRID,
    MOVE,
    PRESET,
    SHEAR,
    SHIFT,
    SPATIAL,
    Case,
    Prepare,
    Run,
    medopt,
    plain_torch,
)


@dataclass(frozen=True)
class Way:
    """A rival: the techniques that it can do, how it is built, and what to do where it is not installed."""

    does: frozenset[str]
    build: Callable[[Case], Prepare]
    absent: str = ""


def monai(case: Case, way: str) -> Prepare:
    """MONAI: ``way`` is 'sequential', 'lazy', or 'one' sampling by RandAffine or Rand3DElastic."""
    from monai import transforms as mt

    both, modes, size = ["image", "label"], ["bilinear", "nearest"], case.size
    angle, dims = np.deg2rad(ANGLE), len(size)
    image, label = case.tensors()
    linear = "trilinear" if dims == 3 else "bilinear"
    common = {"prob": 1.0, "mode": modes, "padding_mode": "zeros"}

    def ranges(chosen: frozenset[str]) -> dict[str, object]:
        return {
            "rotate_range": [angle] * (3 if dims == 3 else 1) if "rotation" in chosen else None,
            "scale_range": [(FACTOR[0] - 1, FACTOR[1] - 1)] * dims if "scaling" in chosen else None,
            "shear_range": [np.tan(np.deg2rad(SHEAR))] * (dims * (dims - 1)) if "shear" in chosen else None,
            "translate_range": [SHIFT] * dims if "translation" in chosen else None,
        }

    def elastic(moves: dict[str, object]) -> Callable:
        options = {"spatial_size": size, **common, **moves}
        if dims == 2:
            return mt.Rand2DElasticd(both, spacing=(GRID, GRID), magnitude_range=(0, MOVE), **options)
        return mt.Rand3DElasticd(both, sigma_range=(5, 5), magnitude_range=(50, 50), **options)

    def spatial(chosen: frozenset[str]) -> list[Callable]:
        if way == "one":
            if "elastic" in chosen:
                return [elastic(ranges(chosen))]
            if chosen & AFFINE - {"flip"}:
                return [mt.RandAffined(both, spatial_size=size, **common, **ranges(chosen))]
            return [mt.CenterSpatialCropd(both, size)]
        steps: list[Callable] = []
        if "rotation" in chosen:
            angles = {"range_x": angle, "range_y": angle, "range_z": angle} if dims == 3 else {"range_x": angle}
            steps.append(mt.RandRotated(both, **angles, **common))
        if "scaling" in chosen:
            zoom = {"min_zoom": FACTOR[0], "max_zoom": FACTOR[1], "mode": [linear, "nearest"]}
            steps.append(mt.RandZoomd(both, prob=1.0, padding_mode="constant", **zoom))
        if chosen & {"shear", "translation"}:
            steps.append(mt.RandAffined(both, **common, **ranges(chosen & {"shear", "translation"})))
        return [*steps, elastic({}) if "elastic" in chosen else mt.CenterSpatialCropd(both, size)]

    intensity = {
        "brightness": mt.RandStdShiftIntensityd("image", 0.3, prob=1.0),
        "contrast": mt.RandScaleIntensityFixedMeand("image", (-0.25, 0.33), prob=1.0),
        "gamma": mt.RandAdjustContrastd("image", prob=1.0, gamma=(0.7, 1.5), retain_stats=True),
        "gaussian_blur": mt.RandGaussianSmoothd("image", *[(0.4, 1.0)] * 3, prob=1.0),
        "sharpening": mt.RandGaussianSharpend("image", *[(0.5, 1.0)] * 3, *[0.5] * 3, alpha=(0.3, 1.0), prob=1.0),
        "low_resolution": mt.RandSimulateLowResolutiond("image", prob=1.0, upsample_mode=linear, zoom_range=(0.5, 1)),
        "gaussian_noise": mt.RandGaussianNoised("image", prob=1.0, std=0.25),
    }

    def prepare(chosen: frozenset[str]) -> Run:
        flips = [mt.RandFlipd(both, prob=0.5, spatial_axis=a) for a in range(dims)] if "flip" in chosen else []
        moves, rest = spatial(chosen), [t for name, t in intensity.items() if name in chosen]
        if way == "lazy":  # MONAI 1.6.1 fails where flips of one slice are lazy
            lazy, at_once = (moves, flips) if case.flat else ([*moves, *flips], [])
            compose = mt.Compose([mt.Compose(lazy, lazy=True), *at_once, *rest])
        else:
            compose = mt.Compose([*moves, *flips, *rest])
        return lambda seed: compose({"image": image, "label": label})

    return prepare


def torchio(case: Case) -> Prepare:
    """TorchIO: the whole volume by RandomAffine or RandomAffineElasticDeformation, then the crop, then the rest."""
    import torchio as tio

    same = {"copy": False}
    subject = tio.Subject(
        image=tio.ScalarImage(tensor=torch.from_numpy(case.volume.transpose(0, 3, 2, 1))),
        label=tio.LabelMap(tensor=torch.from_numpy(case.label[None].transpose(0, 3, 2, 1))),
    )
    shape = case.label.shape[::-1]
    axes = (0, 1) if case.flat else (0, 1, 2)
    margins = [(n - p) // 2 for n, p in zip(shape, case.patch[::-1], strict=True)]
    points = tuple(max(4, round(n / GRID) + 3) for n in shape)
    steps = {
        "flip": tio.RandomFlip(axes=axes, flip_probability=0.5, **same),
        "gamma": tio.RandomGamma(log_gamma=(np.log(0.7), np.log(1.5)), **same),
        "gaussian_blur": tio.RandomBlur(std=(0.4, 1.0), **same),
        "low_resolution": tio.RandomAnisotropy(axes=axes, downsampling=(1, 2), **same),
        "gaussian_noise": tio.RandomNoise(std=(0, 0.25), **same),
    }

    def prepare(chosen: frozenset[str]) -> Run:
        affine = {
            "scales": FACTOR if "scaling" in chosen else (1, 1),
            "degrees": ANGLE if "rotation" in chosen else 0,
            "translation": SHIFT if "translation" in chosen else 0,
            "isotropic": True,
            "default_pad_value": 0,
        }
        bend = {"num_control_points": points, "max_displacement": MOVE, "locked_borders": 0}
        moving = bool(chosen & {"scaling", "rotation", "translation"})
        spatial: list[Callable] = []
        if "elastic" in chosen and moving:
            spatial = [tio.RandomAffineElasticDeformation(affine_kwargs=affine, elastic_kwargs=bend, **same)]
        elif "elastic" in chosen:
            spatial = [tio.RandomElasticDeformation(**bend, **same)]
        elif moving:
            spatial = [tio.RandomAffine(**affine, **same)]
        crop = [tio.Crop([m for m in margins for _ in range(2)], **same)] if any(margins) else []
        compose = tio.Compose([*spatial, *crop, *[t for name, t in steps.items() if name in chosen]])
        return lambda seed: compose(subject)

    return prepare


def batchgenerators(case: Case) -> Prepare:
    """batchgeneratorsv2, the transforms of nnU-Net: one grid_sample at patch size, then the rest in place."""
    from batchgeneratorsv2.transforms.intensity.brightness import BrightnessAdditiveTransform
    from batchgeneratorsv2.transforms.intensity.contrast import BGContrast, ContrastTransform
    from batchgeneratorsv2.transforms.intensity.gamma import GammaTransform
    from batchgeneratorsv2.transforms.intensity.gaussian_noise import GaussianNoiseTransform
    from batchgeneratorsv2.transforms.noise.gaussian_blur import GaussianBlurTransform
    from batchgeneratorsv2.transforms.noise.sharpen import SharpeningTransform
    from batchgeneratorsv2.transforms.spatial.low_resolution import SimulateLowResolutionTransform
    from batchgeneratorsv2.transforms.spatial.mirroring import MirrorTransform
    from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform

    angle = np.deg2rad(ANGLE)
    image, label = case.tensors()
    spatial = SpatialTransform(
        case.size,
        patch_center_dist_from_border=0,
        random_crop=False,
        elastic_deform_scale=(0.2, 0.2),
        elastic_deform_magnitude=(MOVE, MOVE),
        rotation=(-angle, angle),
        scaling=FACTOR,
        p_synchronize_scaling_across_axes=1,
        mode_seg="nearest",
    )
    one = {"synchronize_channels": True, "p_per_channel": 1}
    steps = {
        "flip": MirrorTransform(tuple(range(len(case.size)))),
        "brightness": BrightnessAdditiveTransform(0, 0.3, **one),
        "contrast": ContrastTransform(BGContrast((0.75, 1.33)), preserve_range=False, **one),
        "gamma": GammaTransform(BGContrast((0.7, 1.5)), p_invert_image=0.25, p_retain_stats=1, **one),
        "gaussian_blur": GaussianBlurTransform((0.4, 1.0), synchronize_axes=True, **one),
        "sharpening": SharpeningTransform((0.1, 0.2)),
        "low_resolution": SimulateLowResolutionTransform((0.5, 1), synchronize_axes=True, ignore_axes=None, **one),
        "gaussian_noise": GaussianNoiseTransform((0, 0.25), **one),
    }

    def prepare(chosen: frozenset[str]) -> Run:
        after = [t for name, t in steps.items() if name in chosen]
        still = not chosen & {"rotation", "scaling", "elastic"}

        def run(seed: int) -> object:
            spatial.p_rotation, spatial.p_scaling = float("rotation" in chosen), float("scaling" in chosen)
            spatial.p_elastic_deform = float("elastic" in chosen)
            data = spatial(image=image, segmentation=label)
            if still:  # a view of the volume, which must stay as it is
                data["image"] = data["image"].clone()
            for step in after:
                data = step(**data)
            return data

        return run

    return prepare


def ways() -> dict[str, Way]:
    """All rivals by name, MedOpt first; those that are not installed say so."""
    everything = frozenset(PRESET)
    shared = frozenset({"flip", "rotation", "scaling", "elastic", "gamma"})
    more = shared | {"gaussian_blur", "low_resolution", "gaussian_noise"}
    values = {"brightness", "contrast", "sharpening"}
    missing = "not installed; python -m pip install -c requirements-lock.txt -e '.[worker,bench]'"
    found = {name: "" if find_spec(name) else missing for name in ("monai", "torchio", "batchgeneratorsv2")}
    return {
        "MedOpt": Way(everything, medopt),
        "torch, one grid_sample": Way(SPATIAL, plain_torch),
        "batchgeneratorsv2": Way(more | values, batchgenerators, found["batchgeneratorsv2"]),
        "MONAI, one sampling": Way(more | AFFINE | values, lambda case: monai(case, "one"), found["monai"]),
        "MONAI, lazy": Way(more | AFFINE | values, lambda case: monai(case, "lazy"), found["monai"]),
        "MONAI, sequential": Way(more | AFFINE | values, lambda case: monai(case, "sequential"), found["monai"]),
        "TorchIO": Way(more | {"translation"}, torchio, found["torchio"]),
    }
