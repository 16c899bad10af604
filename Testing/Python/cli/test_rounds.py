"""``medopt rounds`` on a project whose proposals were corrected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medopt.image import LabelMap
from medopt.labelling.rounds import Candidate, RoundRecord, save_round
from medopt.labelling.save import save_edited
from medopt.project import Project, import_folder

pytest.importorskip("matplotlib", reason="the chart is drawn with matplotlib")


@pytest.fixture
def labelled(tmp_path: Path, scans: Path, project: Project) -> Project:
    """Ten cases: two labelled from nothing, six from proposals of round 1, the last two wait."""
    made = Project.create(tmp_path / "rounds", name="Rounds", classes=project.settings.classes)
    import_folder(made, scans / "images")
    record = RoundRecord(1, "done", "2026-03-01T00:00:00+00:00", 2, 2, 1, 1, (), "why")
    first = Candidate("round-001", "scratch", None, 5.0, 0.75)
    save_round(made, record.changed(candidates=(first,), model="round-001", metric="dice", proposed=8))
    for place, case in enumerate(made.cases()):
        label = project.read_label(case.id)
        if place >= 2:
            said = LabelMap(np.where(label.array == 2, 0, label.array), label.geometry)
            made.save_proposal(case.id, said, model="round-001", round=1)
        if place < 2:
            save_edited(made, case.id, label, annotator="anna", seconds=200.0)
        elif place < 8:
            save_edited(made, case.id, label, annotator="anna", seconds=50.0, source="proposal")
    return made


def rows_of(answer: Any, title: str) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in answer.output.splitlines()]
    return next(event["rows"] for event in events if str(event.get("title")).startswith(title))


def test_a_table_a_round_and_a_chart(medopt, labelled: Project, tmp_path: Path) -> None:
    answer = medopt("rounds", labelled.folder, "--events", "json", "--chart", tmp_path / "chart.png")
    assert answer.exit_code == 0, answer.output
    none, first = rows_of(answer, "Labelling")
    assert (none["round"], none["n"], none["Dice"], none["seconds a case"]) == ("none", 2, "–", "200")
    assert (first["round"], first["n"], first["Dice"]) == (1, 6, "0.500 [0.500, 0.500]")
    assert (first["seconds a case"], first["as is (%)"]) == ("50 [50, 50]", "0 [0, 0]")
    (model,) = rows_of(answer, "Models")
    assert (model["run"], model["begun from"], model["dice"], model["proposals"]) == ("round-001", "scratch", 0.75, 8)
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_people_read_the_effort_left(medopt, labelled: Project) -> None:
    answer = medopt("rounds", labelled.folder)
    assert "Left: 2 cases, 2 min" in answer.output
    assert "the last 6 timed cases" in answer.output
    assert (labelled.reports_folder / "rounds.png").is_file()


def test_a_chart_for_papers(medopt, labelled: Project, tmp_path: Path) -> None:
    assert medopt("rounds", labelled.folder, "--chart", tmp_path / "chart.svg").exit_code == 0
    assert (tmp_path / "chart.svg").read_text().startswith("<svg")


def test_a_project_without_rounds(medopt, project: Project) -> None:
    answer = medopt("rounds", project.folder)
    assert answer.exit_code == 0, answer.output
    assert "Models: none" in answer.output
    assert not (project.reports_folder / "rounds.png").exists()
