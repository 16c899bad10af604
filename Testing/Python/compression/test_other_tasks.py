"""Classifiers and detectors are pruned and taught as segmentations are; images without a label take part."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from medopt.compression.distill.run import distill_run
from medopt.compression.run import prune_run
from medopt.compression.settings import DistillSettings, PruneSettings, SparsifySettings, TeachingSettings, Tuning
from medopt.compression.step import StepRecord
from medopt.networks import count_parameters
from medopt.project import ClassInfo, Project, import_folder, load_split, make_split
from medopt.synthetic import FINDINGS, LESIONS, SUBJECT_PATTERN, write_box_cohort, write_class_cohort
from medopt.training import Recipe, load_network, train
from medopt.validation.runs import validate_run

pytest.importorskip("torch")

ONE = (1, 1, 1)
NETWORKS: dict[str, dict[str, Any]] = {
    "unet": {"name": "unet", "features": (4, 8), "strides": (ONE, (1, 2, 2)), "norm": "batch"},
    "mobilenet_v2": {"name": "mobilenet_v2", "width": 0.2, "strides": ((1, 2, 2), (1, 2, 2), ONE, ONE, ONE)},
}


def trained(folder: Path, kind: str, network: str) -> Project:
    """A project of one of the kinds with a run, and with images of two more subjects that nobody labelled."""
    if kind == "detection":
        cohort: Any = write_box_cohort(folder / "data", subjects=8, flat=True)
        found, more = LESIONS, {}
    else:
        several = kind == "several classes"
        cohort = write_class_cohort(folder / "data", subjects=9, several=several)
        found, more = (LESIONS if several else FINDINGS), {"multi_label": several}
    task = "detection" if kind == "detection" else "classification"
    classes = [ClassInfo(value=s.value, name=s.name, color=s.color) for s in found]
    project = Project.create(folder / "project", name="x", classes=classes, task=task, **more)
    import_folder(project, cohort.images, cohort.labels, subject_pattern=SUBJECT_PATTERN)
    make_split(project, test=0.3, validation=0.3)
    for number, case in enumerate(cohort.cases[:2]):
        target = folder / "more" / f"extra-{number}.nrrd"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(case.image, target)
    import_folder(project, folder / "more")
    values = {
        "task": task,
        "preprocess": {"steps": [{"step": "normalize"}]},
        "augment": {},
        "network": NETWORKS[network],
        "training": {"patch": (1, 32, 32), "steps": 4, "validations": 1, "batch_size": 2},
        "running": {"precision": "float32", "memory_format": "contiguous", "compile": False, "accumulate": 1},
    }
    train(project, Recipe.parse(values, "the test's recipe"), run="run-001")
    return project


@pytest.mark.parametrize(
    ("kind", "network"),
    [("one class", "mobilenet_v2"), ("several classes", "unet"), ("detection", "unet")],
)
def test_every_step_works_for_it(tmp_path: Path, kind: str, network: str) -> None:
    project = trained(tmp_path, kind, network)
    tuning = Tuning(steps=3, validations=1)
    pruning = PruneSettings(amount=0.4, multiple=1, batches=2, tuning=tuning, teaching=TeachingSettings())
    pruned = prune_run(project, "run-001", pruning)
    sizes = {name: count_parameters(load_network(project.runs_folder / name)[0]) for name in ("run-001", pruned.name)}
    assert sizes[pruned.name] < sizes["run-001"]
    sparse = prune_run(project, "run-001", SparsifySettings(tuning=tuning))
    assert StepRecord.load(sparse).figures["after"]["zeros"] == pytest.approx(0.8, abs=0.01)
    teaching = TeachingSettings(features=1.0)
    settings = DistillSettings(multiple=1, tuning=Tuning(steps=8, validations=1), teaching=teaching)
    student = distill_run(project, ["run-001"], settings)
    events = (student / "events.jsonl").read_text()
    assert "2 images without a label join" in events
    results = validate_run(project, student.name)
    assert {case.case for case in results.scored} == set(load_split(project).test)
