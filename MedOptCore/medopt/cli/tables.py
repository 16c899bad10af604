"""Rows of the tables that several commands show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medopt.files import read_json

if TYPE_CHECKING:
    from medopt.project import Finding

SHOWN_METRICS = (
    *("dice", "nsd", "hd95_mm", "volume_difference_ml"),
    *("auroc", "average_precision", "accuracy", "sensitivity", "specificity"),
    *("ap50", "ap50_95", "froc"),
)
"""What a terminal shows of a validation, of each task; the report shows all."""


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


def grouped_rows(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """One row for findings that say the same of several cases, with the first of them and how many more there are."""
    alike: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in finding_rows(findings):
        alike.setdefault(tuple(value for name, value in row.items() if name != "case"), []).append(row)
    return [
        {**rows[0], "case": rows[0]["case"] if len(rows) == 1 else f"{rows[0]['case']} and {len(rows) - 1} more"}
        for rows in alike.values()
    ]


def metric_rows(metrics_file: Path) -> list[dict[str, Any]]:
    """One row a structure or class of a ``metrics-SUBSET.json``: "estimate [95 % interval]" of each metric, and n.

    A metric of fewer cases (both masks empty; sensitivity, of those with the class) carries an n of its own.
    """
    from medopt.validation import MEASURES

    value = read_json(metrics_file)
    first = "structure" if value.get("task", "segmentation") == "segmentation" else "class"
    rows: dict[str, dict[str, Any]] = {}
    for entry in value["summary"]:
        if entry["metric"] not in SHOWN_METRICS:
            continue
        row = rows.setdefault(entry["structure"], {first: entry["structure"], "n": entry["n"]})
        metric = MEASURES[entry["metric"]]
        title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
        row[title] = interval(entry) + (f", n = {entry['n']}" if entry["n"] != row["n"] else "")
    return list(rows.values())


def mean_dice(metrics_file: Path) -> str:
    """The mean Dice over all structures, "0.874 [0.861, 0.885], n = 40"; empty when it was not measured."""
    entries = [e for e in read_json(metrics_file)["summary"] if (e["structure"], e["metric"]) == ("mean", "dice")]
    return f"{interval(entries[0])}, n = {entries[0]['n']}" if entries else ""


def interval(entry: Mapping[str, Any]) -> str:
    """ "0.874 [0.861, 0.885]" of one entry of a summary; a dash when there is nothing to tell."""
    if entry.get("estimate") is None:
        return "–"
    text = f"{entry['estimate']:.3f}"
    if entry.get("low") is None or entry.get("high") is None:
        return text
    return f"{text} [{entry['low']:.3f}, {entry['high']:.3f}]"
