"""Rows of tables."""

from __future__ import annotations

import json

from medopt.cli.tables import SHOWN_METRICS, finding_rows, grouped_rows, mean_dice, metric_rows
from medopt.project import Finding
from medopt.validation import MEASURES


def test_findings():
    rows = finding_rows(
        [Finding("", "note", "few subjects"), Finding("c1", "error", "empty", "a label", "none", "Label it")]
    )
    assert [row["case"] for row in rows] == ["(project)", "c1"]
    assert rows[1]["what to do"] == "Label it"


def test_findings_that_say_the_same_are_one_row():
    alike = [Finding(f"c{n}", "error", "wrong number of channels", "1", "3", "Other channels") for n in range(4)]
    other = Finding("d", "error", "wrong number of channels", "1", "2", "Other channels")
    assert [row["case"] for row in grouped_rows([*alike[:2], other, *alike[2:]])] == ["c0 and 3 more", "d"]


def entry(structure, metric, estimate, low, high, n, excluded=0):
    fields = ("structure", "metric", "estimate", "low", "high", "n", "excluded")
    return dict(zip(fields, (structure, metric, estimate, low, high, n, excluded), strict=True))


def test_metrics(tmp_path):
    summary = [
        entry("A", "dice", 0.8741, 0.8612, 0.8853, 40),
        entry("A", "hd95_mm", 2.5, 2, 3, 38, 2),
        entry("A", "assd_mm", 2.5, 2, 3, 38, 2),
        entry("mean", "dice", 0.8, None, None, 40),
        entry("mean", "hd95_mm", None, None, None, 0, 40),
    ]
    path = tmp_path / "metrics-test.json"
    path.write_text(json.dumps({"summary": summary}))
    assert metric_rows(path) == [
        {"structure": "A", "Dice": "0.874 [0.861, 0.885]", "HD95 (mm)": "2.500 [2.000, 3.000], n = 38", "n": 40},
        {"structure": "mean", "Dice": "0.800", "HD95 (mm)": "–, n = 0", "n": 40},
    ]
    assert mean_dice(path) == "0.800, n = 40"
    path.write_text('{"summary": []}')
    assert mean_dice(path) == ""


def test_metrics_of_classes(tmp_path):
    summary = [
        entry("ill", "auroc", 0.9, 0.85, 0.95, 40),
        entry("ill", "sensitivity", 0.8, 0.6, 0.9, 12),
        entry("ill", "npv", 0.8, 0.6, 0.9, 30),
        entry("mean", "accuracy", 0.7, None, None, 40),
    ]
    path = tmp_path / "metrics-test.json"
    path.write_text(json.dumps({"task": "classification", "summary": summary}))
    assert metric_rows(path) == [
        {"class": "ill", "n": 40, "AUROC": "0.900 [0.850, 0.950]", "Sensitivity": "0.800 [0.600, 0.900], n = 12"},
        {"class": "mean", "n": 40, "Accuracy": "0.700"},
    ]


def test_every_shown_metric_is_known():
    assert set(SHOWN_METRICS) <= set(MEASURES)
