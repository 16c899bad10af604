"""``medopt search`` on a small real project."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the tests train")
pytest.importorskip("optuna", reason="optuna is not installed")
pytest.importorskip("matplotlib", reason="plots are drawn with matplotlib")

import medopt as package
from medopt.jobs import list_jobs
from medopt.project import Project, load_split
from medopt.training import Recipe
from medopt.training.search import Search, SearchSettings

from ..training.small import Watched, small_recipe

SPACE = {
    "dimensions": [
        {"field": "training.learning_rate", "kind": "log", "low": 1e-3, "high": 1e-1},
        {"field": "training.optimiser", "kind": "choice", "choices": ["adamw", "sgd"]},
    ],
    "trials": 5,
    "rounds": 2,
    "keep": 1.0,
}


@pytest.fixture
def arguments(small_project: Project, tmp_path: Path) -> tuple[Any, ...]:
    small_recipe(9).save(tmp_path / "recipe.yaml")
    SearchSettings.parse(SPACE, "space").save(tmp_path / "space.yaml")
    return ("search", small_project.folder, "--recipe", tmp_path / "recipe.yaml", "--space", tmp_path / "space.yaml")


def scores(project: Project, name: str = "search-001") -> list[Any]:
    trials = Search.open(project.runs_folder / name).store.all()
    return [(trial.name, trial.state, trial.values, trial.score, trial.points) for trial in trials]


def test_from_ranges_to_the_best_recipe_with_pictures_and_no_look_at_the_test_part(
    medopt, small_project: Project, arguments: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch)
    answer = medopt(*arguments)
    assert answer.exit_code == 0, answer.output
    assert watched.read
    assert watched.read.isdisjoint(load_split(small_project).test)
    assert small_project.test_openings() == []
    folder = small_project.runs_folder / "search-001"
    best = Recipe.load(folder / "best-recipe.yaml")
    assert best.training.steps == 9
    found = json.loads((folder / "search.json").read_text(encoding="utf-8"))
    (winner,) = [trial for trial in found["trials"] if found["best"] == f"trial-{trial['number'] + 1:04d}"]
    assert best.training.learning_rate == winner["values"]["training.learning_rate"]
    assert winner["round"] == 1
    for name in ("parallel-coordinates", "history"):
        assert (folder / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
        assert (folder / f"{name}.svg").is_file()
    for text in ("What is searched", "Round 2 of 2", "The best of 5 trials", "best-recipe.yaml"):
        assert text in answer.output
    before = scores(small_project)
    assert medopt(*arguments).exit_code == 0
    assert scores(small_project) == before
    assert len(list(small_project.runs_folder.iterdir())) == 1
    crossval = medopt("crossval", small_project.folder, "--folds", 2, "--recipe", folder / "best-recipe.yaml")
    assert "The recipe is that of the search search-001" in crossval.output


def test_the_space_can_be_written_read_and_changed(
    medopt, small_project: Project, arguments: tuple[Any, ...], tmp_path: Path
) -> None:
    file = tmp_path / "written.yaml"
    recipe = tmp_path / "recipe.yaml"
    words = ("search", small_project.folder, "--recipe", recipe, "--write-space", file)
    assert medopt(*words, "--trials", 9).exit_code == 0
    written = SearchSettings.load(file)
    assert written.trials == 9
    assert written.dimensions[0].field == "training.learning_rate"
    again = medopt(*words)
    assert (again.exit_code, "there already" in again.stderr) == (1, True)
    assert list(small_project.runs_folder.iterdir()) == []


def test_a_named_search_keeps_its_settings(medopt, small_project: Project, arguments: tuple[Any, ...]) -> None:
    assert medopt(*arguments, "--trials", 1, "--name", "mine").exit_code == 0
    assert medopt("search", small_project.folder, "--name", "mine").exit_code == 0
    refused = medopt(*arguments, "--trials", 2, "--name", "mine")
    assert refused.exit_code == 1
    assert "begun with another recipe or other settings" in refused.stderr


def test_a_misspelt_field_is_told_before_anything_is_trained(
    medopt, small_project: Project, arguments: tuple[Any, ...], tmp_path: Path
) -> None:
    file = tmp_path / "wrong.yaml"
    wrong = {"dimensions": [{"field": "training.learing_rate", "kind": "log", "low": 0.1, "high": 1}]}
    SearchSettings.parse(wrong, "space").save(file)
    answer = medopt(*arguments[:4], "--space", file)
    assert answer.exit_code == 1
    assert "the recipe has no such field" in answer.stderr


def begun(arguments: tuple[Any, ...], *more: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(package.__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "medopt", *map(str, arguments), *more]
    return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.long
def test_killed_it_goes_on_with_two_workers(small_project: Project, arguments: tuple[Any, ...], tmp_path: Path) -> None:
    process = begun(arguments)
    second = small_project.runs_folder / "search-001" / "trials" / "trial-0002.json"
    end = time.monotonic() + 120
    while not second.is_file():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = begun(arguments, "--jobs", "2")
    _, errors = again.communicate(timeout=250)
    assert again.returncode == 0, errors.decode()
    found = scores(small_project)
    assert [name for name, *_ in found] == [f"trial-{n:04d}" for n in range(1, 6)]
    assert {state for _, state, *_ in found} == {"done"}
    assert Search.open(small_project.runs_folder / "search-001").store.all()[1].attempt == 2
    jobs = sorted(job.id.split("-", 3)[3] for job in list_jobs(small_project.folder))
    assert jobs == ["search", "search", "search-001-worker1", "search-001-worker2"]
