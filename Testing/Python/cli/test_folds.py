"""``medopt crossval``: from the plan to the pooled table, side by side, and through a power cut."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the tests train")

import medopt as package
from medopt.jobs import list_jobs
from medopt.jobs.record import JobRecord
from medopt.project import Project
from medopt.training.folds import open_crossval

from ..training.small import small_recipe


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    small_recipe(8).save(tmp_path / "recipe.yaml")
    return tmp_path / "recipe.yaml"


def pooled(project: Project, name: str = "cv-001") -> dict[str, Any]:
    file = project.runs_folder / name / "pooled" / "metrics-out-of-fold.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    del values["model"]
    return values


def test_the_plan_is_told_and_nothing_is_made(medopt, small_project: Project, recipe_file: Path) -> None:
    answer = medopt("crossval", small_project.folder, "--plan", "--folds", 4, "--minutes", 6, "--recipe", recipe_file)
    assert answer.exit_code == 0, answer.output
    rows = {line.split()[0]: line for line in answer.output.splitlines() if line.strip() and line.split()[0].isdigit()}
    assert set(rows) == {"3", "4", "5"}  # ten folds of six subjects cannot be
    assert "24 min" in rows["4"]
    assert "assumed" in answer.output
    assert list(small_project.runs_folder.iterdir()) == []
    assert not list((small_project.folder / "splits").glob("folds-*"))


def test_all_folds_are_trained_pooled_and_reported_and_repeating_does_nothing_twice(
    medopt, small_project: Project, recipe_file: Path
) -> None:
    arguments = ("crossval", small_project.folder, "--folds", 3, "--recipe", recipe_file)
    answer = medopt(*arguments)
    assert answer.exit_code == 0, answer.output
    for text in ("cv-001-fold1", "cv-001-fold3", "all 6 subjects", "Front", "Standard deviation between folds"):
        assert text in answer.output
    folder = small_project.runs_folder / "cv-001"
    assert (folder / "report.html").is_file()
    assert small_project.test_openings() == []
    times = [path.stat().st_mtime_ns for path in folder.glob("*/checkpoints/*")]
    again = medopt(*arguments)
    assert again.exit_code == 0, again.output
    assert "3 of 3 trained" in again.output
    assert [path.stat().st_mtime_ns for path in folder.glob("*/checkpoints/*")] == times
    assert len(list(small_project.runs_folder.iterdir())) == 1


def command(project: Path, recipe_file: Path, *more: str) -> subprocess.Popen[bytes]:
    """The command in a process of its own, one thread."""
    paths = str(Path(package.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "medopt", "crossval", str(project), "--folds", "3", "--recipe", str(recipe_file)]
    return subprocess.Popen([*words, *more], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 0, errors.decode()


def until(condition: Any, process: subprocess.Popen[bytes], seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, "the command ended too early"
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.long
def test_killed_in_the_second_fold_it_ends_with_the_table_of_an_uninterrupted_one(
    small_project: Project, tmp_path: Path
) -> None:
    small_recipe(60, checkpoint_seconds=0.05).save(tmp_path / "long.yaml")
    whole = tmp_path / "whole"
    shutil.copytree(small_project.folder, whole)
    uninterrupted = command(whole, tmp_path / "long.yaml")
    process = command(small_project.folder, tmp_path / "long.yaml")
    folder = small_project.runs_folder / "cv-001"
    until((folder / "cv-001-fold2" / "checkpoints" / "last.safetensors").is_file, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    crossval = open_crossval(small_project, "cv-001")
    assert [crossval.trained(n) for n in crossval.places] == [True, False, False]
    first = (folder / "cv-001-fold1" / "checkpoints" / "last.safetensors").stat().st_mtime_ns
    ended(command(small_project.folder, tmp_path / "long.yaml"))
    assert (folder / "cv-001-fold1" / "checkpoints" / "last.safetensors").stat().st_mtime_ns == first
    ended(uninterrupted)
    assert pooled(small_project) == pooled(Project.open(whole))


@pytest.mark.long
def test_side_by_side_each_fold_is_a_job_and_a_killed_worker_goes_on(small_project: Project, tmp_path: Path) -> None:
    small_recipe(60, checkpoint_seconds=0.05).save(tmp_path / "long.yaml")
    process = command(small_project.folder, tmp_path / "long.yaml", "--jobs", "2")
    folder = small_project.runs_folder / "cv-001"
    until((folder / "cv-001-fold1" / "checkpoints" / "last.safetensors").is_file, process)
    (job,) = [job for job in list_jobs(small_project.folder) if job.id.endswith("cv-001-fold1")]
    record = JobRecord.read(job.folder)
    assert record is not None
    os.kill(record.process.pid, signal.SIGKILL)
    ended(process)
    values = pooled(small_project)
    assert (values["n_cases"], values["n_subjects"]) == (6, 6)
    jobs = [job.id.split("-", 3)[3] for job in list_jobs(small_project.folder)]
    assert sorted(jobs) == ["crossval", "cv-001-fold1", "cv-001-fold1", "cv-001-fold2", "cv-001-fold3"]


def test_one_fold_alone_and_then_the_rest(medopt, small_project: Project, recipe_file: Path) -> None:
    arguments = ("crossval", small_project.folder, "--folds", 3, "--recipe", recipe_file, "--name", "mine")
    assert medopt(*arguments, "--fold", 2).exit_code == 0
    crossval = open_crossval(small_project, "mine")
    assert [crossval.trained(n) for n in crossval.places] == [False, True, False]
    assert not (crossval.folder / "pooled").exists()
    assert medopt("crossval", small_project.folder, "--folds", 3, "--name", "mine").exit_code == 0
    assert pooled(small_project, "mine")["n_cases"] == 6


def test_a_failing_fold_stops_no_other_and_the_repetition_mends_it(
    medopt, small_project: Project, recipe_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from medopt import MedOptError
    from medopt.training.folds import crossval as module

    sound = module.train

    def fragile(*given: Any, run: str, **options: Any) -> Path:
        if run.endswith("fold1"):
            raise MedOptError("the loss stopped being a number")
        return sound(*given, run=run, **options)

    monkeypatch.setattr(module, "train", fragile)
    arguments = ("crossval", small_project.folder, "--folds", 3, "--recipe", recipe_file)
    answer = medopt(*arguments)
    assert answer.exit_code == 1
    assert "1 of 3 folds failed" in answer.stderr
    crossval = open_crossval(small_project, "cv-001")
    assert [crossval.trained(n) for n in crossval.places] == [False, True, True]
    monkeypatch.undo()
    assert medopt(*arguments).exit_code == 0
    assert pooled(small_project)["n_cases"] == 6


def test_where_to_run_must_be_understood(medopt, small_project: Project, recipe_file: Path) -> None:
    answer = medopt("crossval", small_project.folder, "--folds", 3, "--recipe", recipe_file, "--jobs", "many")
    assert answer.exit_code == 1
    assert "expected a number or slurm, found many" in answer.stderr


def test_nested_tells_its_price_and_what_each_fold_found(medopt, small_project: Project, recipe_file: Path) -> None:
    pytest.importorskip("optuna", reason="optuna is not installed")
    nested = ("--nested", "--trials", 2, "--folds", 3, "--recipe", recipe_file)
    plan = medopt("crossval", small_project.folder, "--plan", *nested, "--minutes", 6)
    assert plan.exit_code == 0, plan.output
    assert "full trainings" in plan.output
    assert list(small_project.runs_folder.iterdir()) == []
    answer = medopt("crossval", small_project.folder, *nested)
    assert answer.exit_code == 0, answer.output
    assert "What each fold's search found" in answer.output
    assert "learning_rate" in answer.output
    run = json.loads((small_project.runs_folder / "cv-001" / "pooled" / "run.json").read_text(encoding="utf-8"))
    assert run["data"]["folds"]["nested_trials"] == 2
    assert (small_project.runs_folder / "cv-001" / "report" / "summary.csv").is_file()
    again = medopt("crossval", small_project.folder, *nested)
    assert "3 of 3 trained" in again.output
    named = medopt("crossval", small_project.folder, "--name", "cv-001", "--folds", 3, "--recipe", recipe_file)
    assert "3 of 3 trained" in named.output, named.output  # its name is enough to go on with it
