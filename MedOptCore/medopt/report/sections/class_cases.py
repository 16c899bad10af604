"""Every classified case as a row, the least sure of the truth first."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, Section, Table
from medopt.report.record import Record
from medopt.report.sections.case_table import OPEN_ROWS, left_out
from medopt.report.text import listing, number, plain
from medopt.validation import ClassResults
from medopt.validation.ranking import ranked_classes


def build(record: Record, project: Project | None) -> Section | None:
    """The table of classified cases; None without results of classification."""
    results = record.results
    if not isinstance(results, ClassResults) or not results.cases:
        return None
    names = [s.name for s in results.structures]
    columns = [Column("Case"), Column("Subject"), Column("Reference"), Column("Predicted")]
    columns += [Column(plain(name), True, "probability") for name in names] + [Column("")]
    rows = []
    for case in ranked_classes(results):
        there = listing([plain(name) for name in case.present]) or "none"
        open_ones = f"not judged: {listing([plain(name) for name in case.unjudged])}" if case.unjudged else ""
        cells = [Cell(plain(case.case)), Cell(plain(case.subject)), Cell(there, open_ones)]
        cells.append(Cell(listing([plain(name) for name in case.predicted]) or "none"))
        cells += [Cell(number(case.probabilities[name], 3)) for name in names]
        rows.append([*cells, Cell("" if case.right else "wrong")])
    fold = OPEN_ROWS if len(rows) > OPEN_ROWS + 5 else None
    blocks: list[Block] = [
        Table(columns, rows, "Sorted by the probability that the model gives to what is true.", fold=fold),
        *left_out(results),
    ]
    return Section("Cases, the worst first", "all-cases", blocks)
