"""``medopt external``: a run on another project, told in tables and words, with a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

pytest.importorskip("torch", reason="the model is a trained run")

from medopt.image import Image
from medopt.io import write_image
from medopt.project import ClassInfo, Project, import_folder


@pytest.fixture
def elsewhere(finished_project: Project, tmp_path: Path) -> Project:
    """The cases of the finished project, darker, under another name of one class."""
    for case in finished_project.cases()[:6]:
        image, label = finished_project.read_image(case.id), finished_project.read_label(case.id)
        write_image(Image(image.array * 0.5 + 7, image.geometry), tmp_path / "images" / f"x-{case.id}.nrrd")
        write_image(Image(label.array[None], label.geometry), tmp_path / "labels" / f"x-{case.id}.nrrd")
    classes = [ClassInfo(value=1, name="Head", color="#e69f00"), ClassInfo(value=4, name="Back", color="#56b4e9")]
    made = Project.create(tmp_path / "elsewhere", name="There", classes=classes)
    import_folder(made, tmp_path / "images", tmp_path / "labels")
    return made


def test_tables_words_and_report(medopt: Callable[..., Result], finished_project: Project, elsewhere: Project) -> None:
    run = finished_project.runs_folder / "run-001"
    answer = medopt("external", elsewhere.folder, run, "--class", "Front=Head", "--name", "first")
    assert answer.exit_code == 0, answer.output
    for text in ("Head", "Classes", "Against run-001", "too few cases", "The array axes run as in training"):
        assert text in answer.output, text
    folder = elsewhere.folder / "external" / "first"
    page = (folder / "report-external.html").read_text(encoding="utf-8")
    assert '<section id="external">' in page
    assert "subjects of another project" in page
    assert "They are too good for new subjects" not in page
    values = json.loads((folder / "report-external" / "report.json").read_text(encoding="utf-8"))
    states = {item["number"]: item["state"] for item in values["checklists"]["claim"]["items"]}
    assert states["33"] == "answered"
    assert values["external"]["classes"][0] == {"model": "Front", "project": "Head", "by": "user"}
    again = medopt("report", elsewhere.folder, "--external", "first")
    assert again.exit_code == 0, again.output
    assert (folder / "report-external.html").read_text(encoding="utf-8") == page


def test_wrong_words_are_told(medopt: Callable[..., Result], finished_project: Project, elsewhere: Project) -> None:
    run = finished_project.runs_folder / "run-001"
    for words, text in (
        (("--class", "Front"), "MODEL=PROJECT"),
        (("--class", "Front=Nose"), "no such class"),
    ):
        answer = medopt("external", elsewhere.folder, run, *words)
        assert answer.exit_code == 1
        assert text in " ".join(answer.output.split())
    answer = medopt("report", elsewhere.folder, "--external", "none")
    assert "there is no such external validation" in " ".join(answer.output.split())


def test_a_dark_copy_is_the_same_after_preprocessing(
    medopt: Callable[..., Result], finished_project: Project, elsewhere: Project
) -> None:
    run = finished_project.runs_folder / "run-001"
    assert medopt("external", elsewhere.folder, run, "--class", "Front=Head", "--name", "first").exit_code == 0
    values = json.loads((elsewhere.folder / "external" / "first" / "external.json").read_text(encoding="utf-8"))
    (shift,) = values["intensities"]
    assert np.allclose(shift["training"], shift["external"], atol=0.3)
    assert all(row["outside"] <= 3 for row in values["grids"])
