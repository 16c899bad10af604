"""Throughput of the same preprocessing in MedOpt, MONAI, SimpleITK and scikit-image on one CPU thread.

Run with ``python Testing/Benchmarks/preprocessing.py [--rounds N] [--quick]``. Each rival gets the volume in the form
it works on (an array, a tensor, a SimpleITK image) and gives its own form back, so that nobody pays for a conversion;
they take turns in one process. The last column is the proof that they do the same. It asserts nothing.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy and torch are loaded

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from medopt.image import Geometry, Image
from medopt.preprocess import Pipeline, PreprocessSettings

SPACING, WANTED = (3.0, 0.8, 0.8), (2.0, 1.5, 1.5)
LOW, HIGH = -160.0, 240.0
MISSING = "not installed: python -m pip install -c requirements-lock.txt -e '.[worker,bench]'"
WINDOW = {"step": "window", "level": (LOW + HIGH) / 2, "width": HIGH - LOW}
RESAMPLE = {"step": "resample", "spacing": WANTED, "interpolation": "linear", "anti_alias": True}
NORMALIZE = {"step": "normalize", "method": "zscore", "clip": (0.5, 99.5)}
SIGMAS = tuple(np.sqrt(max((w / s) ** 2 - 1, 0) / (8 * np.log(2))) for w, s in zip(WANTED, SPACING, strict=True))
"""Of the anti-aliasing, in voxels along (k, j, i): MedOpt's rule (Cardoso et al. 2015), handed to the peers."""


@dataclass(frozen=True, eq=False)
class Volume:
    """The same values as (k, j, i) int16 array, MedOpt image, MONAI tensor and SimpleITK image."""

    array: NDArray[np.int16]
    image: Image
    tensor: Any
    itk: sitk.Image


def make_volume(shape: tuple[int, int, int]) -> Volume:
    """Smooth structures between -1000 and 1000 HU with noise of 20 HU."""
    rng = np.random.default_rng(0)
    coarse = ndimage.zoom(rng.normal(size=[max(2, n // 16) for n in shape]), 16, order=1)
    coarse = np.pad(coarse, [(0, max(0, n - m)) for n, m in zip(shape, coarse.shape, strict=True)], mode="edge")
    values = 300 * coarse[: shape[0], : shape[1], : shape[2]] + rng.normal(0, 20, shape)
    array = np.clip(values, -1000, 1000).astype(np.int16)
    itk = sitk.GetImageFromArray(array)
    itk.SetSpacing(SPACING[::-1])
    tensor = None
    if find_spec("monai"):
        import torch
        from monai.data import MetaTensor

        tensor = MetaTensor(torch.from_numpy(array[None]), affine=torch.diag(torch.tensor([*SPACING, 1.0])))
    return Volume(array, Image(array[None], Geometry(shape, SPACING)), tensor, itk)


def medopt(steps: list[dict[str, Any]], dtype: str = "float32") -> Callable[[Volume], object]:
    """MedOpt's pipeline of these steps."""
    pipeline = Pipeline(PreprocessSettings.parse({"steps": steps}, "benchmark"))
    return lambda v: pipeline.image(v.image, dtype=dtype).array[0]


def monai(*makers: Callable[[Any], Any]) -> Callable[[Volume], object] | None:
    """MONAI's composition; None where it is not installed."""
    if not find_spec("monai"):
        return None
    from monai import transforms as mt

    compose = mt.Compose([make(mt) for make in makers])
    return lambda v: compose(v.tensor)


def monai_resample(shape: tuple[int, int, int]) -> Callable[[Any], Any]:
    """MONAI's resampling to the grid that MedOpt takes. Spacing itself would put the first voxels elsewhere: on each
    other, or with ``scale_extent`` (1.6.1) as far off to the other side along axes that get coarser.
    """
    new = Geometry(shape, SPACING).resampled(WANTED)
    affine = np.diag([*new.spacing, 1.0])
    affine[:3, 3] = new.origin[::-1]

    def make(mt: Any) -> Callable[[Any], Any]:
        step = mt.SpatialResample(mode="bilinear", padding_mode="border", dtype=np.float32)
        return lambda image: step(image, dst_affine=affine, spatial_size=new.shape)

    return make


def itk_window(image: sitk.Image) -> sitk.Image:
    """Window to 0..1 in float32."""
    return sitk.IntensityWindowing(sitk.Cast(image, sitk.sitkFloat32), LOW, HIGH, 0.0, 1.0)


def itk_resample(image: sitk.Image, smooth: bool) -> sitk.Image:
    """The grid that MedOpt takes, edge to edge, linear; smoothed before by a recursive Gaussian."""
    image = sitk.Cast(image, sitk.sitkFloat32)
    new = Geometry(image.GetSize()[::-1], image.GetSpacing()[::-1]).resampled(WANTED)
    if smooth:
        for axis, sigma in enumerate(SIGMAS[::-1]):
            if sigma > 0:
                image = sitk.RecursiveGaussian(image, sigma * image.GetSpacing()[axis], direction=axis)
    size, spacing, origin, direction = new.to_itk()
    return sitk.Resample(image, size, sitk.Transform(), sitk.sitkLinear, origin, spacing, direction, 0.0)


def itk_zscore(image: sitk.Image) -> sitk.Image:
    """Percentiles by numpy, which SimpleITK has not, then Clamp and Normalize."""
    low, high = np.percentile(sitk.GetArrayViewFromImage(image), (0.5, 99.5))
    return sitk.Normalize(sitk.Clamp(sitk.Cast(image, sitk.sitkFloat32), sitk.sitkFloat32, float(low), float(high)))


def tasks(shape: tuple[int, int, int]) -> dict[str, dict[str, Callable[[Volume], object] | str | None]]:
    """What runs, by task and rival; a text says why a rival does not. The first of each is what ratios refer to."""
    window = lambda mt: mt.ScaleIntensityRange(LOW, HIGH, 0.0, 1.0, clip=True)  # noqa: E731
    smooth = lambda mt: mt.GaussianSmooth([max(s, 1e-3) for s in SIGMAS])  # noqa: E731
    return {
        f"window {LOW:g}..{HIGH:g} HU to 0..1": {
            "MedOpt": medopt([WINDOW]),
            "MedOpt, as the cache keeps it": medopt([WINDOW], "smallest"),
            "MONAI": monai(window),
            "SimpleITK": lambda v: itk_window(v.itk),
        },
        "resample 0.8 x 0.8 x 3 -> 1.5 x 1.5 x 2 mm, linear, anti-aliased, + window": {
            "MedOpt": medopt([RESAMPLE, WINDOW]),
            "MONAI, smoothed before": monai(smooth, monai_resample(shape), window),
            "SimpleITK, smoothed before": lambda v: itk_window(itk_resample(v.itk, smooth=True)),
        },
        "the same without anti-aliasing": {
            "MedOpt": medopt([{**RESAMPLE, "anti_alias": False}, WINDOW]),
            "MONAI": monai(monai_resample(shape), window),
            "SimpleITK": lambda v: itk_window(itk_resample(v.itk, smooth=False)),
        },
        "clip to percentiles 0.5 and 99.5, z-score": {
            "MedOpt": medopt([NORMALIZE]),
            "MONAI": monai(lambda mt: mt.ClipIntensityPercentiles(0.5, 99.5), lambda mt: mt.NormalizeIntensity()),
            "SimpleITK, numpy percentile": lambda v: itk_zscore(v.itk),
        },
        **filters(),
    }


def filters() -> dict[str, dict[str, Callable[[Volume], object] | str | None]]:
    """Filters and histogram equalization; MedOpt equalizes within the range of the image, the others rescale it."""
    return {
        "median, 3 x 3 x 3 voxels": {
            "MedOpt": medopt([{"step": "median"}]),
            "MONAI": monai(lambda mt: mt.MedianSmooth(1)),
            "SimpleITK": lambda v: sitk.Median(v.itk, [1, 1, 1]),
        },
        "Gaussian, sigma 1 voxel": {
            "MedOpt": medopt([{"step": "gaussian", "unit": "voxels"}]),
            "MONAI": monai(lambda mt: mt.GaussianSmooth(1.0)),
            "SimpleITK, recursive": lambda v: sitk.SmoothingRecursiveGaussian(
                sitk.Cast(v.itk, sitk.sitkFloat32), list(SPACING[::-1])
            ),
            "SimpleITK, discrete": lambda v: sitk.DiscreteGaussian(
                sitk.Cast(v.itk, sitk.sitkFloat32), 1.0, useImageSpacing=False
            ),
        },
        "histogram equalization, 256 bins": {
            "MedOpt": medopt([{"step": "equalize", "bins": 256}]),
            "MONAI": monai(lambda mt: mt.HistogramNormalize(256, 0, 1)),
            "scikit-image": _skimage(lambda exposure, v: exposure.equalize_hist(v.array, 256)),
        },
        "CLAHE, slice by slice": {
            "MedOpt": medopt([{"step": "clahe"}]),
            "scikit-image": _skimage(lambda exposure, v: [exposure.equalize_adapthist(s) for s in v.array]),
        },
    }


def _skimage(run: Callable[[Any, Volume], object]) -> Callable[[Volume], object] | None:
    if not find_spec("skimage"):
        return None
    from skimage import exposure

    return lambda v: run(exposure, v)


def as_array(result: object) -> NDArray:
    """What a rival gave, as (k, j, i)."""
    if isinstance(result, sitk.Image):
        return sitk.GetArrayFromImage(result)
    array = np.asarray(result)
    return array[0] if array.ndim == 4 else array


def compare(title: str, rivals: dict[str, Any], volume: Volume, rounds: int, seconds: float) -> None:
    """Take turns and print one table; the last column is how far a rival lies from MedOpt, in standard deviations."""
    print(f"\n{title}\n  {'':<32}{'Mvoxel/s':>9}{'n':>4}{'MedOpt = 1':>12}{'mean difference':>17}")
    runs = {name: run for name, run in rivals.items() if callable(run)}
    times: dict[str, list[float]] = {name: [] for name in runs}
    results = {}
    for round_ in range(rounds + 1):  # one to warm up, unless it was long
        for name, run in runs.items():
            if sum(times[name]) > seconds:
                continue
            began = time.perf_counter()
            result = run(volume)
            took = time.perf_counter() - began
            if round_ > 0 or took > seconds:
                times[name].append(took)
            if round_ == 0:
                results[name] = as_array(result)
    ours = results.get("MedOpt")
    for name, run in rivals.items():
        if name not in runs:
            print(f"  {name:<32}{run or MISSING}")
            continue
        middle = median(times[name])
        ratio = f"{middle / median(times['MedOpt']):12.2f}" if ours is not None else f"{'':12}"
        print(f"  {name:<32}{volume.array.size / middle / 1e6:9.1f}{len(times[name]):4}{ratio}"
              f"{_apart(results[name], ours):>17}", flush=True)  # fmt: skip


def _apart(found: NDArray, ours: NDArray | None) -> str:
    if ours is None:
        return ""
    if found.shape != ours.shape:
        return f"{'x'.join(map(str, found.shape))}"
    return f"{float(np.abs(found.astype(np.float32) - ours).mean() / ours.std()):.1e}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="times that every rival runs (default 7)")
    parser.add_argument("--seconds", type=float, default=3.0, help="time after which a rival may stop (default 3)")
    parser.add_argument("--quick", action="store_true", help="3 rounds on 128 x 128 x 64 voxels")
    given = parser.parse_args()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    shape = (64, 128, 128) if given.quick else (128, 256, 256)
    volume = make_volume(shape)
    print(
        f"{' x '.join(map(str, shape))} voxels (k, j, i) of 16 bit, {SPACING} mm, one thread; voxels of the input count"
    )
    for title, rivals in tasks(shape).items():
        compare(title, rivals, volume, 3 if given.quick else given.rounds, given.seconds)


if __name__ == "__main__":
    main()
