"""Peak memory of preparing one large volume, each rival in a process of its own, as a multiple of the volume's size.

512 × 512 × 600 voxels of 16 bit (300 MiB) come as an array, as reading gives them, and end in a file, as in the cache
of the training. What the imports took is subtracted, the volume itself is not. Run:
    python Testing/Benchmarks/preprocessing_memory.py [--rounds N] [--quick]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # before numpy and torch are loaded

import argparse
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from preprocessing import LOW, HIGH, MISSING, NORMALIZE, RESAMPLE, SPACING, WINDOW  # isort: skip

TASKS = {"window + normalize": [WINDOW, NORMALIZE], "window + resample + normalize": [WINDOW, RESAMPLE, NORMALIZE]}
RIVALS = ("MedOpt", "MONAI", "SimpleITK")


def make_array(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """Noise about a slope, slice by slice, so that making it takes no more than the array."""
    rng = np.random.default_rng(0)
    array = np.empty(shape, np.int16)
    for k, plane in enumerate(array):
        plane[:] = rng.normal(400 * k / shape[0] - 200, 200, shape[1:])
    return array


def with_medopt(task: str, path: Path) -> Callable[[list[NDArray[np.int16]]], object]:
    """The store of prepared volumes that the training uses."""
    from medopt.image import Geometry, Image
    from medopt.preprocess import PreparedStore, PreprocessSettings

    store = PreparedStore(path, PreprocessSettings.parse({"steps": TASKS[task]}, "benchmark"))

    def read(held: list[NDArray[np.int16]]) -> Image:
        array = held.pop()
        return Image(array[None], Geometry(array.shape, SPACING))

    return lambda held: store.volume("benchmark", lambda: read(held))


def with_monai(task: str, path: Path) -> Callable[[list[NDArray[np.int16]]], object]:
    """The same composition, without anti-aliasing, and numpy's file."""
    import torch
    from monai import transforms as mt
    from monai.data import MetaTensor
    from preprocessing import monai_resample

    torch.set_num_threads(1)

    def run(held: list[NDArray[np.int16]]) -> None:
        steps = [
            mt.ScaleIntensityRange(LOW, HIGH, 0.0, 1.0, clip=True),
            *([monai_resample(held[0].shape)(mt)] if "resample" in task else []),
            mt.ClipIntensityPercentiles(0.5, 99.5),
            mt.NormalizeIntensity(),
        ]
        affine = torch.diag(torch.tensor([*SPACING, 1.0]))
        prepared = mt.Compose(steps)(MetaTensor(torch.from_numpy(held.pop()[None]), affine=affine))
        np.save(path / "prepared.npy", prepared.numpy())

    return run


def with_simpleitk(task: str, path: Path) -> Callable[[list[NDArray[np.int16]]], object]:
    """The same filters, and SimpleITK's file."""
    import SimpleITK as sitk
    from preprocessing import itk_resample, itk_window, itk_zscore

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

    def run(held: list[NDArray[np.int16]]) -> None:
        image = sitk.GetImageFromArray(held.pop())
        image.SetSpacing(SPACING[::-1])
        image = itk_window(image)
        if "resample" in task:
            image = itk_resample(image, smooth=True)
        sitk.WriteImage(itk_zscore(image), str(path / "prepared.mha"))

    return run


def peak() -> int:
    """Largest resident memory of this process so far, in bytes. On Linux not by getrusage, whose value starts at that
    of the process it was started from.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        return 1024 * next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run_one(rival: str, task: str, shape: tuple[int, int, int]) -> None:
    """The work of one process; prints seconds and bytes above the level after the imports and a small volume."""
    warnings.simplefilter("ignore")
    maker = {"MedOpt": with_medopt, "MONAI": with_monai, "SimpleITK": with_simpleitk}[rival]
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as folder:
        maker(task, Path(small))([make_array((8, 32, 32))])  # what is loaded on first use belongs to the imports
        level = peak()
        run, held = maker(task, Path(folder)), [make_array(shape)]  # taken out by the rival, who may let it go
        began = time.perf_counter()
        run(held)
        print(time.perf_counter() - began, peak() - level)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1, help="processes for each rival (default 1)")
    parser.add_argument("--quick", action="store_true", help="256 x 256 x 150 voxels")
    parser.add_argument("--one", nargs=2, metavar=("RIVAL", "TASK"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    shape = (150, 256, 256) if given.quick else (600, 512, 512)
    if given.one:
        run_one(*given.one, shape)
        return
    size = 2 * np.prod(shape)
    print(f"{' x '.join(map(str, shape))} voxels (k, j, i) of 16 bit, {size / 2**20:.0f} MiB, one thread")
    for task in TASKS:
        print(f"\n{task}\n  {'':<12}{'peak / volume':>14}{'peak MiB':>10}{'seconds':>9}{'n':>4}")
        for rival in RIVALS:
            if rival == "MONAI" and not find_spec("monai"):
                print(f"  {rival:<12}{MISSING}")
                continue
            command = [sys.executable, __file__, "--one", rival, task, *(["--quick"] if given.quick else [])]
            rows = [_measured(command) for _ in range(given.rounds)]
            if any(isinstance(row, str) for row in rows):
                print(f"  {rival:<12}  failed: {next(row for row in rows if isinstance(row, str))}")
                continue
            seconds, above = (median(values) for values in zip(*rows, strict=True))
            print(f"  {rival:<12}{above / size:14.2f}{above / 2**20:10.0f}{seconds:9.1f}{len(rows):4}", flush=True)


def _measured(command: list[str]) -> tuple[float, float] | str:
    """Seconds and bytes, or the last line of what went wrong."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    seconds, above = done.stdout.split()[-2:]
    return float(seconds), float(above)


if __name__ == "__main__":
    main()
