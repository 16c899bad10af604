"""CLAIM and TRIPOD+AI, filled in as far as the record knows, with the open items."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, Paragraph, Section, Table
from medopt.report.checklists import CHECKLISTS, fill
from medopt.report.checklists.filled import counts
from medopt.report.record import Record
from medopt.report.text import count

FOLD = 6


def build(record: Record, project: Project | None) -> Section | None:
    """A table a list; each answer leads to the section that tells it in full."""
    blocks: list[Block] = [
        Paragraph(
            "What the record of the run knows is filled in. What stands as open, and the rest of what is answered in "
            "part, only the authors can tell."
        )
    ]
    for checklist in CHECKLISTS.values():
        filled = fill(checklist, record)
        number = counts(filled)
        none = number["does not apply"]
        rest = f", {none} {'does' if none == 1 else 'do'} not apply" if none else ""
        caption = (
            f"{checklist.title}: {number['answered']} of {count(len(filled), 'item')} answered, {number['in part']} in "
            f"part{rest}, {number['open']} open. {checklist.source}"
        )
        rows = [
            [
                Cell(one.item.number),
                Cell(one.item.asks),
                Cell(one.answer.state),
                Cell(one.answer.text, leads_to=one.answer.section),
            ]
            for one in filled
        ]
        columns = [Column(checklist.title), Column("asks for"), Column("state"), Column("what the record knows")]
        blocks.append(Table(columns, rows, caption, fold=FOLD, prose=True))
    return Section("Checklists", "checklists", blocks)
