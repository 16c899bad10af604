"""``medopt lr-range`` on a small real project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt.project import Project, make_split

pytest.importorskip("torch", reason="the test trains")
pytest.importorskip("matplotlib", reason="the plot is drawn with matplotlib")


def test_a_plot_its_numbers_and_a_suggestion_or_the_reason_for_none(medopt, project: Project, tmp_path: Path) -> None:
    make_split(project, seed=1)
    file = tmp_path / "rates.png"
    answer = medopt("lr-range", project.folder, "--steps", 24, "--output", file)
    assert answer.exit_code == 0, answer.output
    assert file.read_bytes()[:4] == b"\x89PNG"
    numbers = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert len(numbers["rates"]) == len(numbers["losses"]) <= 24
    said = "never fell" if numbers["suggestion"] is None else "Suggested learning rate"
    assert said in answer.output
    assert not list(project.runs_folder.iterdir())
