"""A run folder as training and validation leave it, with a project around it, made small."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from medopt.events import make_event
from medopt.files import write_json, write_text
from medopt.image import Boxes, ClassLabel, ClassScores, Geometry, Image, LabelMap
from medopt.io import Segment, Segmentation, write_image, write_label_map, write_segmentation
from medopt.io.markups import NamedBox, write_markup_boxes
from medopt.project import ClassInfo, Project, import_folder, load_split, make_split
from medopt.validation import validate_boxes, validate_cases, validate_classes

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # made-up results that several rooms' tests share

NAMES = ("Anterior", "Posterior")
RECIPE = """format: 1
task: segmentation
seed: 1
training:
  patch: [16, 24, 24]
  minutes: 2.0
"""


def make_volume(seed: int) -> tuple[Image, LabelMap]:
    """Two adjoining boxes with soft edges in noise, on an oblique anisotropic grid."""
    rng = np.random.default_rng(seed)
    turn = np.deg2rad(rng.normal(0, 6))
    direction = ((0.0, -np.sin(turn), np.cos(turn)), (0.0, np.cos(turn), np.sin(turn)), (1.0, 0.0, 0.0))
    geometry = Geometry((14, 26, 24), (2.0, 1.0, 1.1), (5.0, -8.0, 20.0), direction)
    label = np.zeros(geometry.shape, np.uint8)
    start = rng.integers(3, 6, 3)
    label[start[0] : start[0] + 7, start[1] : start[1] + 8, start[2] : start[2] + 9] = 1
    label[start[0] : start[0] + 7, start[1] + 8 : start[1] + 17, start[2] + 1 : start[2] + 9] = 2
    values = ndimage.gaussian_filter((label > 0) * 300.0 + 200.0, 0.7) + rng.normal(0, 15, geometry.shape)
    return Image(values.astype(np.int16)[None], geometry), LabelMap(label, geometry)


def predicted(label: LabelMap, seed: int) -> LabelMap:
    """The label, shifted and frayed by an amount that depends on the seed."""
    rng = np.random.default_rng(seed)
    array = np.roll(label.array, rng.integers(-1, 2, 3), axis=(0, 1, 2))
    return LabelMap(np.where(rng.random(array.shape) < rng.uniform(0, 0.1), 0, array).astype(np.uint8), label.geometry)


def _events(rng: np.random.Generator) -> str:
    lines = [json.dumps(make_event("started", {"command": "train"}))]
    for step in range(10, 310, 10):
        share = step / 300
        fields: dict[str, Any] = {
            "step": step,
            "epoch": share * 20,
            "minutes": 2 * share,
            "train_loss": 1.5 * np.exp(-3 * share) + 0.1 + 0.03 * float(rng.standard_normal()),
            "learning_rate": 0.003 * (1 - share),
        }
        if step % 50 == 0:
            each = {name: 0.9 * (1 - np.exp(-4 * share)) - 0.02 * n for n, name in enumerate(NAMES)}
            fields |= {"validation_dice_by_structure": each, "validation_dice": sum(each.values()) / len(each)}
        lines.append(json.dumps(make_event("metric", fields)))
    return "\n".join(lines) + "\n"


def _run_json(project: Project) -> dict[str, Any]:
    split = load_split(project)
    return {
        "format": 1,
        "name": "run-001",
        "project": {"id": project.id, "name": project.settings.name},
        "task": "segmentation",
        "classes": [c.model_dump(mode="json") for c in project.settings.classes],
        "channels": list(project.settings.channels),
        "split": {
            "hash": split.hash,
            "seed": split.seed,
            "subjects": {part: len(split.subjects[part]) for part in split.subjects},
            "cases": {part: len(split.part(part)) for part in split.subjects},
        },
        "versions": {"medopt": "0.1.0", "python": "3.11.9", "torch": "2.9.0", "numpy": "2.4.0"},
        "device": {"kind": "cpu", "name": "A Processor", "threads": 2},
        "network": {"name": "unet", "parameters": 1_234_567},
        "recipe": "ab" * 32,
        "data": {"hash": "cd" * 32},
        "state": "done",
        "started": "2026-01-02T03:04:05+00:00",
        "finished": "2026-01-02T03:06:15+00:00",
        "seconds_trained": 120.0,
        "steps": 300,
        "best": {"step": 300, "validation_dice": 0.874},
        "warnings": [],
        "left_out": {},
    }


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 16 subjects with a finished, validated run; copy it before changing anything."""
    root = tmp_path_factory.mktemp("report")
    for number in range(16):
        image, label = make_volume(number)
        write_image(image, root / "images" / f"sub-{number:02d}_scan-1.nrrd")
        write_label_map(label, root / "labels" / f"sub-{number:02d}_scan-1.nrrd")
    classes = [
        ClassInfo(value=n, name=name, color=c) for n, name, c in zip((1, 2), NAMES, ("#e69f00", "#56b4e9"), strict=True)
    ]
    project = Project.create(root / "project", name="Boxes", classes=classes, channels=["MR"])
    import_folder(project, root / "images", root / "labels", subject_pattern=r"(sub-\d+)")
    make_split(project, test=0.5, validation=0.125, seed=1)
    run = project.runs_folder / "run-001"
    write_json(run / "run.json", _run_json(project))
    write_text(run / "recipe.yaml", RECIPE)
    write_text(run / "events.jsonl", _events(np.random.default_rng(1)))
    split = load_split(project)
    subject_of = {case.id: case.subject for case in project.cases()}
    segments = tuple(Segment(f"Segment_{c.value}", c.name, c.rgb, c.value) for c in classes)
    predictions: dict[str, LabelMap] = {}
    for part in ("test", "train"):
        for case in split.part(part):
            predictions[case] = predicted(project.read_label(case), sum(map(ord, case)))
            path = run / "predictions" / part / f"{case}.seg.nrrd"
            write_segmentation(Segmentation.from_label_map(predictions[case], segments), path)
        results = validate_cases(
            [(case, subject_of[case]) for case in split.part(part)],
            project.read_label,
            predictions.__getitem__,
            classes,
            subset=part,
            model="run-001",
        )
        results.save(run / f"metrics-{part}.json")
    return project.folder


@pytest.fixture
def run_folder(finished_project: Path, tmp_path: Path) -> Path:
    """A copy of the finished run within a copy of its project, free to be changed."""
    shutil.copytree(finished_project, tmp_path / "project")
    return tmp_path / "project" / "runs" / "run-001"


@pytest.fixture
def changed_run(run_folder: Path) -> Callable[..., Path]:
    """Change top-level fields of run.json and get the run's folder."""

    def change(**fields: Any) -> Path:
        path = run_folder / "run.json"
        write_json(path, {**json.loads(path.read_text()), **fields})
        return run_folder

    return change


# ---- the other tasks -----------------------------------------------------------------------------------------


def _other_project(root: Path, task: str, images: dict[str, Image], classes: list[ClassInfo]) -> Project:
    for name, image in images.items():
        write_image(image, root / "images" / f"{name}.nrrd")
    channels = [f"channel-{n + 1}" for n in range(next(iter(images.values())).channels)]
    project = Project.create(root / "project", name="Made up", classes=classes, channels=channels, task=task)
    import_folder(project, root / "images", subject_pattern=r"(sub-\d+)")
    return project


def _other_run(project: Project, metric: str) -> Path:
    run = project.runs_folder / "run-001"
    names = [c.name for c in project.settings.classes]
    lines = [json.dumps(make_event("started", {"command": "train"}))]
    for step in range(10, 110, 10):
        fields: dict[str, Any] = {
            "step": step,
            "minutes": step / 50,
            "train_loss": 2 / step,
            "validation_metric": metric,
        }
        fields[f"validation_{metric}_by_structure"] = dict.fromkeys(names, 0.5 + step / 250)
        fields[f"validation_{metric}"] = 0.5 + step / 250
        lines.append(json.dumps(make_event("metric", fields)))
    write_text(run / "events.jsonl", "\n".join(lines) + "\n")
    write_text(run / "recipe.yaml", RECIPE.replace("segmentation", project.settings.task))
    facts = _run_json(project)
    write_json(
        run / "run.json",
        {**facts, "task": project.settings.task, "best": {"step": 100, f"validation_{metric}": 0.9}},
    )
    return run


def make_classified(root: Path, subjects: int = 90) -> Path:
    """A run of three exclusive classes of 2D images, some cases mistaken; its folder."""
    rng = np.random.default_rng(3)
    names = ("Normal", "Bacterial", "Viral")
    classes = [ClassInfo(value=n, name=name, color="#e69f00") for n, name in enumerate(names, 1)]
    truth = rng.choice(3, subjects, p=(0.4, 0.35, 0.25))
    y, x = np.mgrid[:48, :40]
    images = {}
    for n in range(subjects):
        blobs = sum(np.exp(-(((y - a) ** 2 + (x - b) ** 2) / 30)) for a, b in rng.uniform(8, 32, (2 * truth[n], 2)))
        values = 200 * blobs + rng.normal(60, 10, y.shape)
        images[f"sub-{n:02d}_scan-1"] = Image(
            np.clip(values, 0, 255).astype(np.uint8)[None, None], Geometry((1, 48, 40), (1.0, 1.0, 1.0))
        )
    project = _other_project(root, "classification", images, classes)
    for n in range(subjects):
        project.save_label(f"sub-{n:02d}_scan-1", ClassLabel((int(truth[n]) + 1,)), annotator="a")
    make_split(project, test=0.6, validation=0.1, seed=1)
    run = _other_run(project, "auc")
    logits = rng.normal(0, 1.3, (subjects, 3)) + 2.2 * np.eye(3)[truth]
    sure = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    split = load_split(project)
    for part in ("test", "train"):
        validate_classes(
            [(case, case[:6]) for case in split.part(part)],
            project.read_label,
            lambda case: ClassScores((1, 2, 3), tuple(float(p) for p in sure[int(case[4:6])])),
            classes,
            subset=part,
            model="run-001",
        ).save(run / f"metrics-{part}.json")
    return run


def make_detected(root: Path, subjects: int = 24) -> Path:
    """A run of two classes of boxes in volumes, some missed, some false; its folder."""
    rng = np.random.default_rng(5)
    classes = [ClassInfo(value=1, name="Nodule", color="#e69f00"), ClassInfo(value=2, name="Node", color="#56b4e9")]
    grid = Geometry((16, 48, 56), (2.5, 1.0, 1.0), (5.0, -8.0, 20.0))
    images, there, said = {}, {}, {}
    for n in range(subjects):
        name = f"sub-{n:02d}_scan-1"
        count = int(rng.integers(0, 4))
        lower = rng.uniform(1, (9, 34, 42), (count, 3))
        corners = np.stack([lower, lower + rng.uniform((2, 5, 5), (5, 11, 11), (count, 3))], axis=1)
        kinds = rng.integers(1, 3, count)
        values = rng.normal(50, 12, grid.shape)
        for (a, b), kind in zip(corners, kinds, strict=True):
            k, j, i = (slice(round(p), round(q)) for p, q in zip(a, b, strict=True))
            values[k, j, i] += 80 + 50 * kind
        images[name] = Image(ndimage.gaussian_filter(values, 0.6).astype(np.int16)[None], grid)
        there[name] = Boxes.from_index(corners, kinds.tolist(), grid)
        kept = rng.random(count) < 0.85
        near = corners[kept] + rng.normal(0, 0.4, (int(kept.sum()), 2, 3))
        more = rng.uniform(1, (9, 34, 42), (int(rng.integers(0, 3)), 1, 3)) + np.array([[[0.0] * 3, [3.0, 8.0, 8.0]]])
        values_of = [*kinds[kept].tolist(), *rng.integers(1, 3, len(more)).tolist()]
        scores = [*rng.uniform(0.35, 1, len(near)).tolist(), *rng.uniform(0.05, 0.7, len(more)).tolist()]
        said[name] = Boxes.from_index(np.concatenate([near, more]), values_of, grid, scores=scores)
    project = _other_project(root, "detection", images, classes)
    for name, boxes in there.items():
        project.save_label(name, boxes, annotator="a")
    make_split(project, test=0.6, validation=0.1, seed=1)
    run = _other_run(project, "map50")
    names = {c.value: c.name for c in classes}
    split = load_split(project)
    for part in ("test", "train"):
        for case in split.part(part):
            named = [NamedBox.of(box, names[box.value]) for box in said[case].boxes]
            write_markup_boxes(named, run / "predictions" / part / f"{case}.mrk.json")
        validate_boxes(
            [(case, case[:6]) for case in split.part(part)],
            project.read_label,
            said.__getitem__,
            lambda case: grid,
            classes,
            subset=part,
            model="run-001",
        ).save(run / f"metrics-{part}.json")
    return run


@pytest.fixture(scope="session")
def classified_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a validated run of classification within its project; leave it as it is."""
    return make_classified(tmp_path_factory.mktemp("classified"))


@pytest.fixture(scope="session")
def detected_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a validated run of detection within its project; leave it as it is."""
    return make_detected(tmp_path_factory.mktemp("detected"))
