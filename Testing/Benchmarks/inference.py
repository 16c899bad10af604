"""Latency, size and memory of exported models on every engine that is installed, on this machine's CPU.

Run with ``python Testing/Benchmarks/inference.py [MODEL …] [--threads N] [--rounds N] [--case K J I] [--volume]``.

MODEL are model packages, the float one first; without any, a 3D U-Net with random weights is exported in float, 16 and
8 bit (speed, size and memory do not depend on the weights). Times are medians over the rounds after one to warm up; all
engines and models are run in turn in each round, so that a busy moment of the machine counts for all. "Case" is from an
image of the given size to its label. Ratios are against torch in eager mode and against onnxruntime, both with the
float model. Peak memory is that of a process of its own that labels one case. ``--volume`` labels an image of
300 × 512 × 512 voxels, too, in such a process. It asserts nothing.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np
import onnx
import torch

from medopt.compression.onnx_file import onnx_facts, save_checked, write_onnx
from medopt.compression.package import package_metadata
from medopt.compression.package_folder import new_package
from medopt.compression.quantize.half import half_weights
from medopt.compression.quantize.search import search_eight_bit
from medopt.files import file_sha256, write_json
from medopt.image import Geometry, Image
from medopt.inference import RUNTIMES, InferenceSettings, ModelDescription, load_model, predict_image
from medopt.networks import NETWORKS, build_network
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo

PATCH = (40, 56, 40)
VOLUME = (300, 512, 512)
ONE = """
import sys, time
from pathlib import Path
import numpy as np
from medopt.image import Geometry, Image
from medopt.inference import load_model, predict_image

began = time.perf_counter()
path, engine, threads, *shape = sys.argv[1:]
model = load_model(path, runtime=engine, threads=int(threads))
grid = Geometry(tuple(map(int, shape)))
values = np.random.default_rng(1).integers(0, 1000, (len(model.description.channels), *grid.shape), dtype=np.int16)
predict_image(Image(values, grid), model)
seconds = time.perf_counter() - began
status = Path("/proc/self/status")  # what getrusage tells is inherited from the process that started this one
if status.is_file():
    peak = float(status.read_text().split("VmHWM:")[1].split()[0]) / 1000
else:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(peak, seconds)
"""


@contextmanager
def made_models() -> Iterator[list[Path]]:
    """A U-Net of 16 to 128 features in float, 16 and 8 bit, as packages."""
    torch.manual_seed(0)
    settings = NETWORKS["unet"](features=(16, 32, 64, 128), strides=((1, 1, 1), (2, 2, 2), (2, 2, 2), (2, 2, 2)))
    network = build_network(settings, channels=1, outputs=3, dims=3)
    description = ModelDescription(
        name="unet",
        dims=3,
        channels=("MR",),
        classes=tuple(ClassInfo(value=v, name=f"structure {v}", color="#e69f00") for v in (1, 2)),
        preprocess=PreprocessSettings(),
        patch=PATCH,
        divisor=settings.divisor,
        inference=InferenceSettings(),
    )
    windows = [np.random.default_rng(n).normal(size=(1, 1, *PATCH)).astype(np.float32) for n in range(2)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        write_onnx(network, file, channels=1, divisor=settings.divisor, dims=3)
        model = onnx.load(file)
        small = search_eight_bit(model, description, windows[:1], windows[1:], allowed=1.0, symmetric=True)[0]
        found = []
        for name, made in (("float", model), ("float16", half_weights(model)), ("int8", small)):
            with new_package(Path(folder) / name) as building:
                save_checked(made, building / "model.onnx")
                section = {
                    "description": json.loads(description.model_dump_json()),
                    "file": "model.onnx",
                    "sha256": file_sha256(building / "model.onnx"),
                    "onnx": onnx_facts(building / "model.onnx"),
                }
                write_json(building / "metadata.json", package_metadata(description, section))
            found.append(Path(folder) / name)
        yield found


def installed() -> list[str]:
    """Engines that are there."""
    return [name for name in RUNTIMES if importlib.util.find_spec(name) is not None]


def image_of(shape: tuple[int, ...], channels: int) -> Image:
    """Noise, as scanners store it."""
    values = np.random.default_rng(1).integers(0, 1000, (channels, *shape), dtype=np.int16)
    return Image(values, Geometry(tuple(shape)))


def milliseconds(work: object, *arguments: object) -> float:
    """Of one call."""
    began = time.perf_counter()
    work(*arguments)  # type: ignore[operator]
    return 1000 * (time.perf_counter() - began)


def table(paths: list[Path], threads: int, rounds: int, shape: tuple[int, ...]) -> None:
    """One line for each model and engine."""
    models = {(p.name, engine): load_model(p, runtime=engine, threads=threads) for p in paths for engine in installed()}
    patch: dict[tuple[str, str], list[float]] = {key: [] for key in models}
    case: dict[tuple[str, str], list[float]] = {key: [] for key in models}
    description = next(iter(models.values())).description
    image = image_of(shape, len(description.channels))
    window = np.random.default_rng(2).normal(size=(1, len(description.channels), *description.patch))
    window = window.astype(np.float32)
    for turn in range(rounds + 1):
        for key, model in models.items():
            times = milliseconds(model.runtime, window), milliseconds(predict_image, image, model)
            if turn:
                patch[key].append(times[0])
                case[key].append(times[1])
    base = {engine: median(case[paths[0].name, engine]) for engine in ("torch", "onnxruntime")}
    print(f"patch {description.patch}, case {shape}, {threads or 'all'} threads, medians of {rounds} rounds")
    print(
        f"{'model':<16}{'engine':<13}{'MB':>7}{'patch ms':>10}{'case ms':>10}{'× torch':>9}{'× ort':>8}{'peak MB':>9}"
    )
    for name, engine in models:
        path = next(p for p in paths if p.name == name)
        size = (path / "model.onnx").stat().st_size / 1e6
        ms = median(case[name, engine])
        peak = peak_of(path, engine, threads, shape)[0]
        print(
            f"{name:<16}{engine:<13}{size:>7.2f}{median(patch[name, engine]):>10.1f}{ms:>10.1f}"
            f"{base['torch'] / ms:>9.2f}{base['onnxruntime'] / ms:>8.2f}{peak:>9.0f}"
        )


def peak_of(path: Path, engine: str, threads: int, shape: tuple[int, ...]) -> tuple[float, float]:
    """Peak memory in MB and seconds of a process that labels one image of this shape, with nothing else loaded."""
    command = [sys.executable, "-c", ONE, str(path), engine, str(threads), *map(str, shape)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak, seconds = done.stdout.split()
    return float(peak), float(seconds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--case", nargs=3, type=int, default=[48, 64, 48])
    parser.add_argument("--volume", action="store_true")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    with made_models() as made:
        paths = given.models or made
        table(paths, given.threads, given.rounds, tuple(given.case))
        if given.volume:
            for path in paths:
                peak, seconds = peak_of(path, installed()[0], given.threads, VOLUME)
                print(f"{path.name}: {VOLUME} in {seconds:.0f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
