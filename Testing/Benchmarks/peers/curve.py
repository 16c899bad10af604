"""Dice against minutes of training on one fold: MedOpt, nnU-Net v2 and a plain MONAI U-Net, on this machine.

Run with ``make bench-peers DATA=folder`` or ``python Testing/Benchmarks/peers/curve.py DATA``; DATA is a task of the
Medical Segmentation Decathlon (imagesTr, labelsTr, dataset.json) with one subject a file. All learn from the same
subjects and label the same held-out ones, which are looked at once, at the end; preparing the data is not counted.
MedOpt sets one in ten of its training subjects aside to choose its weights, the others learn from all. Rivals run one
after another, each with the machine to itself. What is done is kept in the work folder, so that an interrupted
comparison goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medopt.files import write_bytes
from medopt.image import LabelMap
from medopt.io import read_label_map
from medopt.project import ClassInfo, Project, import_folder
from medopt.project.folds import Fold, make_folds
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes, to_png
from medopt.report.figures.labels import label_ends
from medopt.report.palette import look
from medopt.validation.statistics import bootstrap_mean

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = ("#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442")
PEERS = {"nnU-Net v2": "nnunet_timed.py", "MONAI UNet": "monai_unet.py"}
"""Rival → its script, run by the Python of the peers."""


def open_project(data: Path, work: Path) -> Project:
    """The data set as a project."""
    folder = work / "project"
    if folder.is_dir():
        return Project.open(folder)
    labels = json.loads((data / "dataset.json").read_text())["labels"]
    classes = [
        ClassInfo(value=int(value), name=str(name), color=COLORS[int(value) % len(COLORS)])
        for value, name in labels.items()
        if int(value) > 0
    ]
    project = Project.create(folder, name=data.name, classes=classes)
    import_folder(project, data / "imagesTr", data / "labelsTr")
    return project


def medopt(project: Project, fold: Fold, minutes: float, output: Path, peers: Path) -> None:
    """Train by the recipe that MedOpt proposes, and label the held-out cases with the weights that validation chose."""
    from medopt.inference import Model, predict_image, segments_of
    from medopt.inference.runtimes.torch_runtime import TorchRuntime
    from medopt.io import Segmentation, write_segmentation
    from medopt.training import RunRecord, load_network, propose_recipe, train
    from medopt.training.run import describe_run

    recipe = propose_recipe(project, minutes=minutes)
    folder = train(project, recipe, run=output.name, split=fold.split)
    network, recipe, _ = load_network(folder)
    description = describe_run(folder)
    model = Model(description, TorchRuntime(network, recipe.training.dims))
    for case in fold.held_out:
        label = predict_image(project.read_image(case), model)
        path = output / f"{case}.seg.nrrd"
        write_segmentation(Segmentation.from_label_map(label, segments_of(description)), path)
    facts = {"steps": RunRecord.load(folder).steps, "batch": recipe.training.batch_size}
    (output / "facts.json").write_text(json.dumps(facts))


def peer(script: str, data: Path, fold: Fold, minutes: float, output: Path, peers: Path, classes: dict) -> None:
    """Run a peer's script with the job as a file."""
    cases = sorted({*fold.split.train, *fold.split.validation, *fold.held_out})
    job = {
        "images": {case: str(data / "imagesTr" / f"{case}.nii.gz") for case in cases},
        "labels": {case: str(data / "labelsTr" / f"{case}.nii.gz") for case in cases},
        "classes": classes,
        "train": [*fold.split.train, *fold.split.validation],
        "held_out": list(fold.held_out),
        "minutes": minutes,
        "work": str(output.parent / script.removesuffix(".py")),
        "output": str(output),
    }
    path = output.with_suffix(".job.json")
    path.write_text(json.dumps(job))
    subprocess.run([str(peers), str(Path(__file__).with_name(script)), str(path)], check=True)


def dice_by_case(project: Project, fold: Fold, output: Path) -> np.ndarray:
    """(cases, classes) Dice; NaN where neither has the structure."""
    rows = []
    for case in fold.held_out:
        reference = project.read_label(case).array
        (found,) = [p for p in output.glob(f"{case}.*") if p.suffix in (".gz", ".nrrd")]
        predicted: LabelMap = read_label_map(found)
        rows.append([_dice(reference == c.value, predicted.array == c.value) for c in project.settings.classes])
    return np.array(rows)


def _dice(a: np.ndarray, b: np.ndarray) -> float:
    both = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / both if both else float("nan")


def draw(courses: dict[str, list[tuple[float, float, float, float]]], n: int) -> Drawing:
    """Mean Dice against minutes; for each rival (minutes, mean, low, high)."""

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        ends = []
        for position, (rival, points) in enumerate(courses.items()):
            minutes, mean, low, high = (list(column) for column in zip(*points, strict=True))
            shown = look(position)
            axes.fill_between(minutes, low, high, color=shown.color, alpha=0.18, linewidth=0)
            axes.plot(minutes, mean, color=shown.color, marker=shown.marker, markersize=5, linewidth=1.6)
            ends.append((minutes[-1], mean[-1], rival, shown.color))
        ticks = sorted({point[0] for points in courses.values() for point in points})
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("minutes of training")
        axes.set_ylabel(f"mean Dice of {n} held-out subjects")
        axes.set_ylim(-0.02, 1)
        quiet_axes(axes, grid="y")
        label_ends(axes, ends)

    return Drawing(WIDTH, 4.2, paint, "Mean Dice of held-out subjects against minutes of training, 95 % intervals.")


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, default=Path("build/peers"))
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 2, 5, 10, 20])
    parser.add_argument("--fold", type=int, default=1)
    parser.add_argument("--rivals", nargs="+", default=["MedOpt", *PEERS])
    parser.add_argument("--peers", type=Path, default=Path(".venv-peers/bin/python"), help="Python of the peers")
    parser.add_argument("--picture", type=Path, help="draw the curves into this PNG")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    project = open_project(given.data, given.work)
    fold = make_folds(project, 5, everything=True).folds[given.fold - 1]
    classes = {info.name: info.value for info in project.settings.classes}
    print(f"fold {given.fold} of 5: {len(fold.held_out)} subjects held out; {os.cpu_count()} cores")
    print(f"{'rival':<14}{'minutes':>9}{'steps':>8}   {'mean Dice [95 % interval]':<28}" + "  ".join(classes))
    courses: dict[str, list[tuple[float, float, float, float]]] = {rival: [] for rival in given.rivals}
    for minutes in given.minutes:
        for rival in given.rivals:
            output = given.work / f"{rival.split()[0].lower()}-{minutes:g}-fold{given.fold}"
            if not (output / "facts.json").is_file():
                output.mkdir(exist_ok=True)
                if rival == "MedOpt":
                    medopt(project, fold, minutes, output, given.peers)
                else:
                    peer(PEERS[rival], given.data, fold, minutes, output, given.peers.absolute(), classes)
            facts = json.loads((output / "facts.json").read_text())
            values = dice_by_case(project, fold, output)
            each = np.nanmean(values, axis=1)
            interval = bootstrap_mean(each.tolist(), list(fold.held_out))
            told = f"{each.mean():.3f} [{interval.low:.3f}, {interval.high:.3f}]"
            courses[rival].append((minutes, float(each.mean()), interval.low, interval.high))
            means = "  ".join(f"{v:.3f}" for v in np.nanmean(values, axis=0))
            print(f"{rival:<14}{minutes:>9g}{facts['steps']:>8}   {told:<28}{means}", flush=True)
    if given.picture:
        write_bytes(given.picture, to_png(draw(courses, len(fold.held_out))))


if __name__ == "__main__":
    sys.exit(main())
