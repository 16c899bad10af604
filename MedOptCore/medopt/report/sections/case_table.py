"""Every case as a row, the worst first."""

from __future__ import annotations

from medopt.metrics import METRICS
from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, Note, Section, Table
from medopt.report.ranking import ranked_cases
from medopt.report.record import Record
from medopt.report.text import metric_title, metric_value, number, plain, without_folders
from medopt.validation import AnyResults, CaseScore, Results

_METRICS = ("dice", "nsd", "hd95_mm", "volume_difference_ml")
_EMPTY = {
    "both": "absent in both",
    "reference": "absent in the reference",
    "prediction": "not found",
}
OPEN_ROWS = 15
"""Rows that are shown at once; the others unfold (and are printed)."""


def build(record: Record, project: Project | None) -> Section | None:
    """The table of segmented cases; None without results."""
    results = record.results
    if not isinstance(results, Results) or not results.cases:
        return None
    metrics = [m for m in _METRICS if m in METRICS and any(s.value(m) is not None for s in results.cases)]
    several = len(results.structures) > 1
    by_case: dict[str, list[CaseScore]] = {}
    for score in results.cases:
        by_case.setdefault(score.case, []).append(score)
    order = {item.case: item.dice for item in ranked_cases(results)}
    columns = [Column("Case"), Column("Subject")] + ([Column("Mean Dice", True)] if several else [])
    columns += [Column("Structure")] if several else []
    columns += [Column(metric_title(m), True) for m in metrics]
    noted = any(score.empty in _EMPTY for score in results.cases)
    columns += [Column("Note")] if noted else []
    rows = []
    for case in [*order, *(c for c in by_case if c not in order)]:
        for place, score in enumerate(by_case[case]):
            first = place == 0
            cells = [Cell(case if first else ""), Cell(plain(score.subject) if first else "")]
            if several:
                cells.append(Cell(number(order.get(case), 3) if first else ""))
                cells.append(Cell(plain(score.structure), mark=record.look_of(score.structure).color))
            cells += [Cell(metric_value(m, score.value(m))) for m in metrics]
            if noted:
                cells.append(Cell(_EMPTY.get(score.empty, "")))
            rows.append(cells)
    blocks: list[Block] = [
        Table(
            columns,
            rows,
            "Sorted by mean Dice over the structures."
            + (" “Not found”: the prediction has no voxel of a structure that the reference shows." if noted else ""),
            fold=OPEN_ROWS * len(results.structures) if len(order) > OPEN_ROWS + 5 else None,
        )
    ]
    blocks += left_out(results)
    return Section("Cases, the worst first", "all-cases", blocks)


def left_out(results: AnyResults) -> list[Note]:
    """What could not be measured, with the reason."""
    return [
        Note(f"{plain(item.case)} could not be measured: {plain(without_folders(item.reason), 400)}", "warning")
        for item in results.left_out
    ]
