"""``medopt preview`` on a small real project."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Picture

from medopt.project import Project, load_split, make_split

pytest.importorskip("torch", reason="a recipe is proposed with torch")
pytest.importorskip("matplotlib", reason="the picture is drawn with matplotlib")


@pytest.fixture
def divided(project: Project) -> Project:
    make_split(project, seed=1)
    return project


def test_a_picture_and_what_is_cut_off(medopt, divided: Project, tmp_path: Path) -> None:
    file = tmp_path / "p.png"
    window = "preprocess.steps=[{step: window, source: cohort, percentiles: [10, 90]}]"
    answer = medopt("preview", divided.folder, "--output", file, "--variants", 3, "--set", window)
    assert answer.exit_code == 0, answer.output
    assert "cuts off" in answer.output
    with Picture.open(file) as picture:
        assert picture.size[0] > 1000
    again = tmp_path / "q.png"
    medopt("preview", divided.folder, "--output", again, "--variants", 3, "--set", window)
    assert again.read_bytes() == file.read_bytes()
    other = tmp_path / "r.png"
    medopt("preview", divided.folder, "--output", other, "--variants", 3, "--set", window, "--seed", 2)
    assert other.read_bytes() != file.read_bytes()


def test_a_test_case_is_refused(medopt, divided: Project) -> None:
    answer = medopt("preview", divided.folder, "--case", load_split(divided).test[0])
    assert answer.exit_code == 1
    assert "this is a test case" in answer.output


def test_a_wrong_field_is_named(medopt, divided: Project) -> None:
    answer = medopt("preview", divided.folder, "--set", "preprocess.steps=[{step: window, level: 3, width: 0}]")
    assert answer.exit_code == 1
    assert "width" in answer.output
