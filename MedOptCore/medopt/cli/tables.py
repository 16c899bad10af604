"""Rows of the tables that several commands show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medopt.files import read_json

if TYPE_CHECKING:
    from medopt.project import Finding

METRIC_NAMES = {
    "dice": "Dice",
    "nsd": "NSD",
    "hd95_mm": "HD95 (mm)",
    "assd_mm": "ASSD (mm)",
    "volume_difference_ml": "volume difference (ml)",
}


def finding_rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One row a finding."""
    return [
        {
            "case": finding.case or "(project)",
            "severity": finding.severity,
            "problem": finding.problem,
            "expected": finding.expected,
            "found": finding.found,
            "what to do": finding.repair,
        }
        for finding in findings
    ]


def metric_rows(metrics_file: Path) -> list[dict[str, Any]]:
    """One row a structure and metric of a ``metrics-SUBSET.json``: estimate, 95 % interval and n."""
    return [_metric_row(entry) for entry in read_json(metrics_file)["summary"]]


def mean_dice(metrics_file: Path) -> str:
    """ "0.874 [0.861, 0.885], n = 40" over all structures; empty when it was not measured."""
    rows = [
        row for row in metric_rows(metrics_file) if (row["structure"], row["metric"]) == ("mean", METRIC_NAMES["dice"])
    ]
    return f"{rows[0]['estimate']} {rows[0]['95 % interval']}, n = {rows[0]['n']}" if rows else ""


def _metric_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    metric, low, high = entry["metric"], entry.get("low"), entry.get("high")
    return {
        "structure": entry["structure"],
        "metric": METRIC_NAMES.get(metric, metric),
        "estimate": _number(entry.get("estimate")),
        "95 % interval": "" if low is None or high is None else f"[{_number(low)}, {_number(high)}]",
        "n": entry.get("n"),
        "excluded": entry.get("excluded"),
    }


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.3f}"
