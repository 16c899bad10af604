"""Classification and detection from a training of seconds over its validation to the report."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medopt.project import Project, load_split
from medopt.project.splitting import list_openings
from medopt.report import make_report
from medopt.training import Recipe, train
from medopt.validation import MEAN, load_results
from medopt.validation.runs import validate_run

pytest.importorskip("torch")


@pytest.mark.parametrize(
    ("fixture", "suffix", "patch"),
    [("classified_run", ".class.json", (1, 32, 32)), ("detected_run", ".mrk.json", (8, 32, 32))],
)
def test_a_run_is_measured_and_told(
    request: pytest.FixtureRequest, tmp_path: Path, fixture: str, suffix: str, patch: tuple[int, int, int]
) -> None:
    source = request.getfixturevalue(fixture).parent.parent
    project = Project.open(shutil.copytree(source, tmp_path / "project"))
    values = {
        "task": project.settings.task,
        "preprocess": {"steps": [{"step": "normalize"}]},
        "augment": {},
        "network": {"name": "residual_unet", "features": (4, 8), "strides": ((1, 1, 1), (1, 2, 2))},
        "training": {"patch": patch, "steps": 4, "validations": 1, "batch_size": 2},
        "running": {"precision": "float32", "memory_format": "contiguous", "compile": False, "accumulate": 1},
    }
    run = train(project, Recipe.parse(values, "the test's recipe"), run="run-002")
    looks = len(list_openings(project))
    results = validate_run(project, "run-002")
    assert len(list_openings(project)) == looks + 1
    cases = load_split(project).test
    assert {case.case for case in results.scored} == set(cases)
    assert {path.name for path in (run / "predictions" / "test").glob(f"*{suffix}")} == {f"{c}{suffix}" for c in cases}
    assert load_results(run / "metrics-test.json") == results
    assert results.row(MEAN, results.main_metric).n == len(cases)
    assert "No picture" not in make_report(run).read_text(encoding="utf-8")
