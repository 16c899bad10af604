"""Label a folder of scans with an exported model and write the volume of every structure, without Slicer's application.

    PythonSlicer batch_pythonslicer.py MODEL SCANS... --output FOLDER

The same runs in any Python that has medopt and onnxruntime. PythonSlicer has neither scene nor modules, so nothing here
needs them. When medopt is not installed in it, name the folder that holds it: PYTHONPATH=.../MedOptCore. Only a worker
process may load onnxruntime, and PythonSlicer is one. Exit code: 0, or 1 when a scan was left out or nothing could be
done, or 2 when the command was not understood.
"""

# ruff: noqa: T201 - a script, not the library

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from medopt.errors import MedOptError
from medopt.inference import load_model, predict_files
from medopt.io import read_segmentation


def main(arguments: Sequence[str]) -> int:
    """Label the scans, write FOLDER/volumes.csv; returns the exit code."""
    parser = argparse.ArgumentParser(prog="batch_pythonslicer.py", description="Label scans with an exported model.")
    parser.add_argument("model", type=Path, help="the model's folder, made by `medopt export`")
    parser.add_argument("scans", type=Path, nargs="+", help="image files, or folders of one DICOM series")
    parser.add_argument("--output", type=Path, required=True, help="where labels and volumes.csv go")
    options = parser.parse_args(arguments)

    try:
        summary = predict_files(load_model(options.model), options.scans, options.output)
        write_volumes(summary.written, options.output / "volumes.csv")
    except MedOptError as error:
        print(error, file=sys.stderr)
        return 1
    for name, reason in summary.left_out.items():
        print(f"{name} is left out: {reason}", file=sys.stderr)
    print(f"{len(summary.written)} scans labelled, {len(summary.left_out)} left out")
    return 1 if summary.left_out else 0


def write_volumes(label_files: Sequence[Path], target: Path) -> None:
    """One row a scan and structure, in ml."""
    rows = []
    for path in label_files:
        segmentation = read_segmentation(path)
        label = segmentation.to_label_map()
        for segment in segmentation.segments:
            volume = (label.array == segment.value).sum() * label.geometry.voxel_volume / 1000
            rows.append((path.name.removesuffix(".seg.nrrd"), segment.name, f"{volume:.3f}"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("scan", "structure", "volume (ml)"), *rows])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
