"""Label scans with an exported model and save a Slicer scene for each, without a window.

    Slicer --no-splash --no-main-window --python-script batch_in_slicer.py -- MODEL SCANS... --output FOLDER

MODEL is a folder made by `medopt export`; SCANS are image files or folders of one DICOM series. For each scan, FOLDER
gets SCAN/SCAN.seg.nrrd, SCAN/SCAN.mrb (scan and labels, to open in Slicer) and a row of volumes.csv. The model runs
in a worker process, so that Slicer itself loads neither torch nor onnxruntime. A scan that cannot be used is left out
with the reason and the rest goes on; the exit code is 0 when all went well, 1 when something was left out or failed,
and 2 when the command was not understood. Scripts that Slicer runs must end it themselves, even after an error.
"""

# ruff: noqa: T201 - a script, not the library

from __future__ import annotations

import argparse
import csv
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Structure:
    """A class as medopt.scene wants it."""

    value: int
    name: str
    color: str
    terminology: str


def main(arguments: Sequence[str], scene: Any, predict: Callable[[Path, Path, Path], Path]) -> int:
    """Label each scan with ``predict(model, scan, folder) -> label file``; returns the exit code."""
    from medopt.errors import MedOptError

    parser = argparse.ArgumentParser(prog="batch_in_slicer.py", description="Label scans with an exported model.")
    parser.add_argument("model", type=Path, help="the model's folder")
    parser.add_argument("scans", type=Path, nargs="+", help="image files, or folders of one DICOM series")
    parser.add_argument("--output", type=Path, required=True, help="where the results go")
    options = parser.parse_args(arguments)

    rows, left_out = [], 0
    for scan in options.scans:
        name = scan.name.split(".")[0]
        try:
            label_file = predict(options.model, scan, options.output / name)
            volumes = save_scene(scene, scan, label_file, options.output / name / f"{name}.mrb")
        except MedOptError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            left_out += 1
            continue
        rows += [(name, structure, f"{volume:.3f}") for structure, volume in volumes.items()]
        print(f"{name}: " + ", ".join(f"{structure} {volume:.2f} ml" for structure, volume in volumes.items()))
    options.output.mkdir(parents=True, exist_ok=True)
    with open(options.output / "volumes.csv", "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("scan", "structure", "volume (ml)"), *rows])
    print(f"{len(options.scans) - left_out} scans labelled, {left_out} left out")
    return 1 if left_out else 0


def predict_in_worker(model: Path, scan: Path, folder: Path) -> Path:
    """Run `medopt predict` in a process of its own and wait for it; the label file."""
    from medopt.errors import MedOptError
    from medopt.jobs import new_job_folder, start_job

    earlier = {path: path.stat().st_mtime_ns for path in folder.glob("*.seg.nrrd")}
    command = ["predict", str(model.resolve()), str(scan.resolve()), "--output", str(folder.resolve())]
    job = start_job(command, new_job_folder(folder, "predict"))
    status = job.wait()
    written = [path for path in folder.glob("*.seg.nrrd") if path.stat().st_mtime_ns != earlier.get(path)]
    if status.state != "done" or not written:
        raise MedOptError("the model made no label", found=status.error or job.log_tail(3) or status.state)
    return written[0]


def save_scene(scene: Any, scan: Path, label_file: Path, bundle: Path) -> dict[str, float]:
    """Show scan and label in the scene, save it, and return the volume of each structure in ml."""
    from medopt.io import read_image, read_segmentation
    from medopt.scene import remove_view, save_bundle, show_case

    segmentation = read_segmentation(label_file)
    classes = [
        Structure(
            segment.value,
            segment.name,
            "#" + "".join(f"{round(part * 255):02x}" for part in segment.color),
            segment.terminology,
        )
        for segment in segmentation.segments
    ]
    label = segmentation.to_label_map()
    show_case(scene, read_image(scan), classes, bundle.stem, reference=label, view="batch")
    save_bundle(scene, bundle)
    remove_view(scene, "batch")
    voxel = label.geometry.voxel_volume
    return {item.name: float((label.array == item.value).sum() * voxel / 1000) for item in classes}


def run() -> int:
    """Everything, with an exit code in every case."""
    try:
        import slicer

        arguments = [text for text in sys.argv[1:] if text != "--"]
        return main(arguments, slicer.mrmlScene, predict_in_worker)
    except SystemExit as end:  # from argparse: --help, or a command it does not understand
        return end.code if isinstance(end.code, int) else 2
    except BaseException:  # noqa: BLE001 - whatever it is, Slicer would stay open without a window for ever
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    code = run()
    import slicer.util

    slicer.util.exit(code)
