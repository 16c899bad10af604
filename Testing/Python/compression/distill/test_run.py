"""Students of all kinds; who may teach, and whom nobody may show them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from medopt.compression.distill.run import distill_run, unlabelled_cases
from medopt.compression.export import export_run
from medopt.compression.run import Means, prune_run
from medopt.compression.settings import DistillSettings, PruneSettings, TeachingSettings, Tuning
from medopt.compression.step import StepRecord
from medopt.errors import MedOptError
from medopt.events import Collector
from medopt.networks import SeparableUNet, count_parameters, describe_network
from medopt.preprocess import PreprocessSettings
from medopt.project import Project, load_split
from medopt.project.folds import make_folds
from medopt.training import RunRecord, load_network, train
from medopt.training.folds.crossval import start_crossval, train_fold
from medopt.training.recipe import Recipe
from medopt.validation.runs import validate_run

DISTILL = DistillSettings(multiple=1, tuning=Tuning(steps=6, validations=2, rate=1.0))


def recipe_of(project: Project, **training: Any) -> Recipe:
    recipe = Recipe.load(project.runs_folder / "run-001" / "recipe.yaml")
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=training)})


def test_a_narrow_student_begins_with_the_teachers_layers(finished_project: Project) -> None:
    told = Collector()
    settings = DISTILL.model_copy(update={"norm": "batch", "teaching": TeachingSettings(features=1.0, weight=0.3)})
    folder = distill_run(finished_project, ["run-001"], settings, means=Means(reporter=told))
    network, recipe, record = load_network(folder)
    assert (folder.name, recipe.network.features, recipe.network.norm) == ("run-001-distilled", (3, 6), "batch")
    step = StepRecord.load(folder)
    assert (step.step, step.state, step.teachers) == ("distill", "done", ("run-001",))
    assert step.figures["after"]["parameters"] == count_parameters(network) < step.figures["before"]["parameters"] / 2
    assert record.steps == 6
    assert any("begins with 100 % of its parameters" in str(event.get("text")) for event in told.events)
    assert distill_run(finished_project, ["run-001"], settings) == folder


def test_a_pruned_run_or_another_family_can_be_the_student(finished_project: Project) -> None:
    pruning = PruneSettings(amount=0.4, multiple=1, batches=2, tuning=Tuning(steps=2, validations=1))
    pruned = prune_run(finished_project, "run-001", pruning, name="pruned")
    student = distill_run(finished_project, ["run-001"], DISTILL, student="pruned")
    shapes = [{n: v.shape for n, v in load_network(folder)[0].state_dict().items()} for folder in (pruned, student)]
    assert shapes[0] == shapes[1]
    network = SeparableUNet(features=(4, 8), strides=((1, 1, 1), (2, 2, 2)))
    teacher, told = recipe_of(finished_project), Collector()
    running = teacher.running.model_copy(update={"memory_format": "channels_last"})
    other = teacher.model_copy(update={"network": network, "running": running})
    folder = distill_run(finished_project, ["run-001"], DISTILL, recipe=other, name="other", means=Means(reporter=told))
    assert (load_network(folder)[1].network, load_network(folder)[1].running) == (network, running)
    patch = teacher.training.patch
    taught, own = (describe_network(one, 1, 3, 3, patch).multiply_adds for one in (teacher.network, network))
    turns = round(taught / (3 * own))  # a pass of the teacher forward as the student's, forward and backward
    assert turns > 1
    assert any(f"asked in one of {turns} steps" in str(event.get("text")) for event in told.events)


def test_what_the_machine_decided_for_the_teacher_is_decided_anew(finished_project: Project) -> None:
    """How a step is computed fastest depends on the network; what a person decided stays."""
    folder = finished_project.runs_folder / "run-001"
    assert RunRecord.load(folder).measured == ()  # its recipe left nothing open
    RunRecord.load(folder).changed(measured=("memory_format",)).save(folder)
    Recipe.load(folder / "recipe.yaml").model_copy(
        update={"running": recipe_of(finished_project).running.model_copy(update={"memory_format": "channels_last"})}
    ).save(folder / "recipe.yaml")
    told = Collector()
    student = distill_run(finished_project, ["run-001"], DISTILL, means=Means(reporter=told))
    assert any("measured beside it" in str(event.get("text")) for event in told.events)
    assert RunRecord.load(student).measured == ("memory_format",)
    running = Recipe.load(student / "recipe.yaml").running
    assert (running.precision, running.compile) == ("float32", False)
    assert running.memory_format != "auto"  # noted, so that a resumed run goes on as it began


def test_a_student_without_the_finest_level_is_trained_and_answers_on_the_images_grid(
    finished_project: Project,
) -> None:
    recipe = recipe_of(finished_project, steps=4)
    strides = ((1, 1, 1), (2, 2, 2), (1, 2, 2))
    network = recipe.network.model_copy(update={"features": (4, 8, 8), "strides": strides})
    train(finished_project, recipe.model_copy(update={"network": network}), run="deep")
    told = Collector()
    settings = DISTILL.model_copy(update={"coarse": True, "width": 1.0})
    folder = distill_run(finished_project, ["deep"], settings, means=Means(reporter=told))
    student, learned, _ = load_network(folder)
    assert (learned.network.features, learned.network.fine_head) == ((8, 8), True)
    assert any("of its parameters from the teacher" in str(event.get("text")) for event in told.events)
    with torch.no_grad():
        assert student.eval()(torch.zeros(1, 1, 4, 8, 8)).shape == (1, 3, 4, 8, 8)
    package = export_run(finished_project, folder.name, sealed=True)  # proven beside the run, in two engines
    assert (package / "model.onnx").is_file()


KILLED = """
import sys
from medopt.compression.distill.run import distill_run
from medopt.compression.settings import DistillSettings
from medopt.project import Project
settings = DistillSettings.model_validate_json(sys.argv[2])
distill_run(Project.open(sys.argv[1]), ["run-001"], settings, name="killed")
"""


def test_a_killed_student_ends_with_the_same_weights(finished_project: Project) -> None:
    recipe_of(finished_project, checkpoint_seconds=0.01).save(finished_project.runs_folder / "run-001" / "recipe.yaml")
    # the teacher is asked in some steps only, drawn by chance: the same ones after a kill
    tuning, teaching = Tuning(steps=16, validations=2, rate=1.0), TeachingSettings(every=2)
    settings = DISTILL.model_copy(update={"tuning": tuning, "teaching": teaching})
    whole = distill_run(finished_project, ["run-001"], settings, name="whole", means=Means(threads=1))
    arguments = [sys.executable, "-c", KILLED, str(finished_project.folder), settings.model_dump_json()]
    process = subprocess.Popen(arguments, env={**os.environ, "OMP_NUM_THREADS": "1"})
    last = finished_project.runs_folder / "killed" / "checkpoints" / "last.safetensors"
    began = time.monotonic()
    while not last.is_file() and process.poll() is None:
        assert time.monotonic() - began < 200
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed = distill_run(finished_project, ["run-001"], settings, name="killed", means=Means(threads=1))
    one, other = (load_file(folder / "checkpoints" / "last.safetensors") for folder in (whole, killed))
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_images_without_a_label_teach_and_those_of_held_out_subjects_never(
    finished_project: Project, tmp_path: Path
) -> None:
    from medopt.io import write_image
    from medopt.project import import_folder

    split = load_split(finished_project)
    image = finished_project.read_image(split.train[0])
    for name in ("extra-0", "extra-1", "extra-2", *(f"{s}-later" for s in split.subjects["test"])):
        write_image(image, tmp_path / "more" / f"{name}.nrrd")
    import_folder(finished_project, tmp_path / "more", subject_pattern=r"(?P<subject>(case|extra)-\d)")
    assert f"{split.test[0]}-later" in {case.id for case in finished_project.cases()}
    assert load_split(finished_project).hash == split.hash
    assert unlabelled_cases(finished_project, split, 1.0, 1) == ("extra-0", "extra-1", "extra-2")
    assert len(unlabelled_cases(finished_project, split, 0.4, 1)) == 2
    assert unlabelled_cases(finished_project, split, 0.0, 1) == ()
    told = Collector()
    settings = DISTILL.model_copy(update={"tuning": Tuning(steps=12, validations=1, rate=1.0)})
    distill_run(finished_project, ["run-001"], settings, means=Means(reporter=told))
    assert any("3 images without a label join" in str(event.get("text")) for event in told.events)


def test_folds_together_teach_a_student_that_only_the_test_can_judge(finished_project: Project) -> None:
    recipe = recipe_of(finished_project, steps=2, minutes=None)
    crossval = start_crossval(finished_project, make_folds(finished_project, k=3), recipe)
    for place in crossval.places:
        train_fold(finished_project, crossval, place)
    told = Collector()
    folder = distill_run(finished_project, [crossval.name], DISTILL, name="of-folds", means=Means(reporter=told))
    split = load_split(finished_project)
    record = RunRecord.load(folder)
    assert record.split["subjects"] == {"train": 6, "validation": 0, "test": 2}
    assert record.split["hash"] != split.hash
    assert len(StepRecord.load(folder).teachers) == 3
    assert any("only the sealed test can judge it" in str(event.get("text")) for event in told.events)
    results = validate_run(finished_project, "of-folds")
    assert {score.case for score in results.cases} == set(split.test)
    with pytest.raises(MedOptError, match=r"the run was trained on another split"):
        validate_run(finished_project, "of-folds", subset="validation")
    student = train(finished_project, recipe, run="student")
    with pytest.raises(MedOptError, match=r"the teacher has learned from subjects that are to judge the student"):
        distill_run(finished_project, [crossval.name], DISTILL, student=student.name, name="leak")


def test_teachers_must_fit(finished_project: Project) -> None:
    recipe = recipe_of(finished_project, steps=2, minutes=None)
    train(
        finished_project,
        recipe.model_copy(update={"preprocess": PreprocessSettings.parse({"steps": []}, "test")}),
        run="other-images",
    )
    with pytest.raises(MedOptError, match=r"other-images: the teachers differ in their preprocessing"):
        distill_run(finished_project, ["run-001", "other-images"], DISTILL)
    with pytest.raises(MedOptError, match=r"there is no such run"):
        distill_run(finished_project, ["nobody"], DISTILL)
