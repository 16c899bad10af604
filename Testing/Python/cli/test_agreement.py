"""``medopt agreement``: tables, files and the consensus."""

from __future__ import annotations

import csv
import json

import numpy as np

from medopt.image import LabelMap
from medopt.project import Project


def relabelled(project: Project) -> None:
    """A second annotator who marks one column less of class 2, in all cases but the last."""
    for case in project.cases()[:-1]:
        array = project.read_label(case.id).array.copy()
        array[:, :, 9] = 0
        project.save_label(case.id, LabelMap(array, case.geometry), annotator="bea")


def test_it_tells_figures_with_n_and_intervals_and_writes_tables_and_a_picture(medopt, project: Project) -> None:
    relabelled(project)
    result = medopt("agreement", project.folder, "--events", "json")
    assert result.exit_code == 0, result.output
    events = [json.loads(line) for line in result.stdout.splitlines()]
    tables = {event["title"]: event for event in events if event["kind"] == "result"}
    (posterior,) = [row for row in tables["Agreement"]["rows"] if row["class"] == "Posterior"]
    assert posterior["n"] == 9
    assert posterior["Dice"] == "0.857 [0.857, 0.857]"  # 2·3 columns of 4 + 3
    assert {row["annotator"] for row in tables["Against the STAPLE consensus"]["rows"]} == {"(imported)", "bea"}
    assert any("With two annotators" in event.get("text", "") for event in events)
    with open(tables["figures"]["path"], encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (dice,) = [row for row in rows if (row["class"], row["measure"]) == ("Posterior", "dice")]
    assert (round(float(dice["estimate"]), 5), dice["cases"], dice["subjects"]) == (round(6 / 7, 5), "9", "9")
    with open(tables["cases"]["path"], encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 9 * 3 * 2
    with open(tables["picture"]["path"], "rb") as file:
        assert file.read(4) == b"\x89PNG"
    assert len(project.label_history("case-00")) == 2


def test_labels_from_proposals_are_told_and_the_consensus_is_saved_on_wish(medopt, project: Project, tmp_path) -> None:
    first = project.read_label("case-00")
    project.save_proposal("case-00", first, model="run-001")
    project.save_label("case-00", first, annotator="abe", source="proposal")
    relabelled(project)
    result = medopt("agreement", project.folder, "--write-consensus", "--output", tmp_path / "there")
    assert result.exit_code == 0, result.output
    assert "1 of the 19 labels began as a model's proposal" in " ".join(result.output.split())
    assert "Consensus saved for" in result.output
    assert (tmp_path / "there" / "agreement.csv").is_file()
    last = project.label_history("case-00")[-1]
    assert (last.annotator, last.note) == ("consensus", "STAPLE of (imported), abe, bea")
    np.testing.assert_array_equal(project.read_label("case-00").array, first.array)


def test_one_annotator_is_told(medopt, project: Project) -> None:
    result = medopt("agreement", project.folder)
    assert result.exit_code == 1
    assert "no case was labelled by two annotators" in result.output
