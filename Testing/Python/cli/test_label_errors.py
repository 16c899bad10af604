"""``medopt label-errors``: the table, the file and the flags, without a model."""

from __future__ import annotations

import csv
import json

import pytest

import medopt.labelling.label_errors as room
from medopt import MedOptError
from medopt.labelling.label_errors import ClassQuality, LabelErrors, LabelQuality, Suspect
from medopt.project import Project
from medopt.validation import LeftOut

WRONG = LabelQuality(0.1234, True, "2 ml labelled background", (1.0, -2.0, 3.4), (ClassQuality("Anterior", 0.05),))
RIGHT = LabelQuality(0.9, False, "", None, (ClassQuality("Anterior", 0.9), ClassQuality("Posterior", 0.8)))
FOUND = LabelErrors(
    "segmentation",
    "cv-001",
    (Suspect("case-03", "s3", WRONG), Suspect("case-04", "s4", WRONG), Suspect("case-00", "s0", RIGHT)),
    (LeftOut("case-09", "no label"),),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    calls: list[tuple] = []

    def rank(project: Project, crossval: str | None, **options: object) -> LabelErrors:
        calls.append((crossval, options["weights"], options["temperature"]))
        return FOUND

    monkeypatch.setattr(room, "rank_label_errors", rank)
    return calls


def test_the_table_shows_the_first_and_the_file_has_all(medopt, project: Project, asked) -> None:
    answer = medopt("label-errors", project.folder, "--count", 1, "--crossval", "cv-001", "--events", "json")
    assert answer.exit_code == 0, answer.output
    assert asked == [("cv-001", "best", 0.1)]
    results = {e["title"]: e for e in map(json.loads, answer.stdout.splitlines()) if e["kind"] == "result"}
    assert results["Labels to look at first"]["rows"] == [
        {
            "case": "case-03",
            "score": 0.123,
            "suspected": "yes",
            "reason": "2 ml labelled background",
            "place (LPS mm)": "1, -2, 3",
            "by class": "Anterior 0.05",
        }
    ]
    assert results["Left out"]["rows"] == [{"case": "case-09", "reason": "no label"}]
    with open(results["all labels"]["path"], encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["case"] for row in rows] == ["case-03", "case-04", "case-00"]
    assert (rows[0]["posterior_mm"], rows[0]["score of Anterior"], rows[0]["score of Posterior"]) == (
        "-2.0",
        "0.0500",
        "",
    )
    assert (rows[2]["suspected"], rows[2]["left_mm"], rows[2]["score of Posterior"]) == ("no", "", "0.8000")


def test_suspected_cases_are_flagged_on_wish_and_flags_stay(medopt, project: Project, asked, tmp_path) -> None:
    project.set_flag("case-04", "blurred")
    answer = medopt("label-errors", project.folder, "--flag", "--output", tmp_path / "errors.csv")
    assert answer.exit_code == 0, answer.output
    assert "1 cases flagged" in answer.output
    assert (tmp_path / "errors.csv").is_file()
    flags = [project.case(name).flag for name in ("case-00", "case-03", "case-04")]
    assert flags == [None, "suspected label error (0.12): 2 ml labelled background", "blurred"]


def test_without_a_cross_validation_it_says_what_to_do(medopt, project: Project) -> None:
    pytest.importorskip("torch", reason="cross-validations load torch")
    answer = medopt("label-errors", project.folder)
    assert answer.exit_code == 1
    assert "there is no cross-validation whose models could be asked" in answer.output
    with pytest.raises(MedOptError, match="Run `medopt crossval` first"):
        room.rank_label_errors(project)
