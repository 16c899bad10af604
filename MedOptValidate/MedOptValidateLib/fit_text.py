"""Training, validation and test side by side, subgroups, and what a report still lacks, as the panel tells them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.texts import interval

PARTS = {"train": _("training"), "validation": _("validation"), "test": _("test")}

VERDICTS = {
    "fits": _("The model fits."),
    "overfits": _("The model overfits."),
    "underfits": _("The model underfits."),
    "too few cases to tell": _("There are too few cases to tell whether it overfits."),
}


def fitText(folder: Path) -> str:
    """The parts of a run side by side with the verdict and its rule; empty when no part was measured."""
    from medopt.validation import MEASURES
    from medopt.validation.sides import read_sides

    sides = read_sides(folder)
    if sides is None:
        return ""
    told = [
        _("{part} {value} (n = {n})").format(
            part=PARTS[side.part],
            value=interval(side.row.estimate, side.row.low, side.row.high),
            n=side.row.n_subjects,
        )
        for side in sides.sides
    ]
    text = f"{MEASURES[sides.metric].title}: " + " · ".join(told) + ". "
    verdict = sides.verdict
    if verdict is None:
        return text + _("Validate the training and the test cases for a verdict on overfitting.")
    gap = interval(verdict.gap, verdict.low, verdict.high)
    rule = f"{verdict.rule[:1].upper()}{verdict.rule[1:]}"
    return text + _("Gap {gap}. {verdict} {rule}.").format(gap=gap, verdict=VERDICTS[verdict.verdict], rule=rule)


def externalText(folder: Path) -> str:
    """How much a model of another project drops, and where that may come from; empty for anything else."""
    from medopt.validation import MEASURES
    from medopt.validation.external import load_external
    from medopt.validation.table import MEAN

    record = load_external(folder)
    if record is None:
        return ""
    parts = []
    for row in record.changes:
        if row.structure == MEAN:
            parts.append(
                _("{metric}: internal {internal}, external {external}, difference {difference}: {change}.").format(
                    metric=MEASURES[row.metric].title,
                    internal=interval(row.internal.estimate, row.internal.low, row.internal.high),
                    external=interval(row.external.estimate, row.external.low, row.external.high),
                    difference=interval(row.difference, row.low, row.high),
                    change=row.change,
                )
            )
    return "\n".join([*parts, *record.findings, *record.notes])


def subgroupCells(folder: Path, subset: str) -> list[list[str]]:
    """Rows of the summary table for the subgroups: group, metric, figure with interval, n."""
    from medopt.validation import MEASURES
    from medopt.validation.subgroups import load_subgroups

    return [
        [
            f"{row.attribute}: {row.value}",
            MEASURES[row.metric].title,
            interval(row.estimate, row.low, row.high),
            str(row.n) if row.n == row.n_subjects else _("{n} of {m} subjects").format(n=row.n, m=row.n_subjects),
        ]
        for row in load_subgroups(folder, subset)
    ]


def checklistText(reportFolder: Path) -> str:
    """How much of the checklists the report could answer, and the items that are open; empty without a report."""
    from medopt.errors import MedOptError
    from medopt.files import read_json

    file = reportFolder / "report.json"
    if not file.is_file():
        return ""
    try:
        lists: dict[str, Any] = read_json(file).get("checklists", {})
    except (MedOptError, AttributeError):
        return ""
    lines = []
    for one in lists.values():
        missing = [item["number"] for item in one["items"] if item["state"] == "open"]
        lines.append(
            _("{title}: {n} of {all} items answered or in part; for you to write: {missing}").format(
                title=one["title"],
                n=len(one["items"]) - len(missing) - one["counts"]["does not apply"],
                all=len(one["items"]),
                missing=", ".join(missing) or _("none"),
            )
        )
    return "\n".join(lines)
