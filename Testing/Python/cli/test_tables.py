"""Rows of tables."""

from __future__ import annotations

import json

from medopt.cli.tables import finding_rows, mean_dice, metric_rows
from medopt.project import Finding


def test_findings():
    rows = finding_rows(
        [Finding("", "note", "few subjects"), Finding("c1", "error", "empty", "a label", "none", "Label it")]
    )
    assert [row["case"] for row in rows] == ["(project)", "c1"]
    assert rows[1]["what to do"] == "Label it"


def test_metrics(tmp_path):
    entry = {
        "structure": "mean",
        "metric": "dice",
        "estimate": 0.8741,
        "low": 0.8612,
        "high": 0.8853,
        "n": 40,
        "excluded": 0,
    }
    path = tmp_path / "metrics-test.json"
    path.write_text(json.dumps({"summary": [entry, {**entry, "metric": "unheard_of", "low": None}]}))
    rows = metric_rows(path)
    assert rows[0]["95 % interval"] == "[0.861, 0.885]"
    assert (rows[1]["metric"], rows[1]["95 % interval"]) == ("unheard_of", "")
    assert mean_dice(path) == "0.874 [0.861, 0.885], n = 40"
    path.write_text('{"summary": []}')
    assert mean_dice(path) == ""
