"""Every case of a detection as a row, the one with most missed boxes first."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, Section, Table
from medopt.report.record import Record
from medopt.report.sections.case_table import OPEN_ROWS, left_out
from medopt.report.text import listing, number, plain
from medopt.validation import BoxResults
from medopt.validation.ranking import OPERATING_SCORE, ranked_boxes


def build(record: Record, project: Project | None) -> Section | None:
    """The table of cases with boxes; None without results of detection."""
    results = record.results
    if not isinstance(results, BoxResults) or not results.cases:
        return None
    columns = [Column("Case"), Column("Subject"), Column("boxes", True), Column("found", True), Column("missed", True)]
    columns += [Column("false", True), Column("mean IoU", True), Column("surest false", True)]
    noted = any(item.case.unjudged for item in ranked_boxes(results))
    rows = []
    for item in ranked_boxes(results):
        cells = [Cell(plain(item.case.case)), Cell(plain(item.case.subject)), Cell(str(item.found + item.missed))]
        cells += [Cell(str(item.found)), Cell(str(item.missed)), Cell(str(item.false))]
        cells += [Cell(number(item.mean_iou, 2)), Cell(number(item.surest_false, 2))]
        if noted:
            cells.append(Cell(listing([plain(name) for name in item.case.unjudged])))
        rows.append(cells)
    columns += [Column("nobody looked for")] if noted else []
    fold = OPEN_ROWS if len(rows) > OPEN_ROWS + 5 else None
    caption = f"Predicted boxes that score at least {OPERATING_SCORE}; a box is found by one that overlaps it by half."
    blocks: list[Block] = [Table(columns, rows, caption, fold=fold), *left_out(results)]
    return Section("Cases, the worst first", "all-cases", blocks)
