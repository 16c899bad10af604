"""What the model learned from and was measured on."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, Facts, Note, Section, Table
from medopt.report.record import Record
from medopt.report.text import NONE, listing

_USE = {
    "train": "to learn from",
    "validation": "to choose the weights",
    "test": "to measure; never seen before",
}


def build(record: Record, project: Project | None) -> Section | None:
    """Subjects and cases of each part, the structures and the channels."""
    blocks: list[Block] = []
    parts = [p for p in _USE if p in record.cases or p in record.subjects]
    if parts:
        rows = [
            [Cell(part), Cell(_n(record.subjects, part)), Cell(_n(record.cases, part)), Cell(_USE[part])]
            for part in parts
        ]
        rows.append([Cell("all"), Cell(_sum(record.subjects, parts)), Cell(_sum(record.cases, parts)), Cell("")])
        columns = [Column("Part"), Column("Subjects", True), Column("Cases", True), Column("Used")]
        caption = "All cases of a subject stand in the same part."
        blocks.append(Table(columns, rows, caption, strong_last=True))
    else:
        blocks.append(Note("The record does not tell how the cases were split."))
    facts = [
        (record.items.capitalize(), listing([f"{s.name} (label value {s.value})" for s in record.structures]) or NONE),
        ("Channels", listing(record.channels) or NONE),
    ]
    if record.split_seed is not None:
        facts.append(("Split drawn with seed", str(record.split_seed)))
    if record.split_hash:
        facts.append(("Split hash", record.split_hash))
    blocks.append(Facts(facts))
    if record.cut:
        blocks.append(_cut(record))
    return Section("Data", "data", blocks)


def _cut(record: Record) -> Table:
    """What windows and clips threw away of the training cases."""
    columns = [Column("Step"), Column("Channel"), Column("Limits", True), Column("Cut off of the structures", True)]
    rows = []
    for one in record.cut:
        channel = record.channels[one.channel] if one.channel < len(record.channels) else str(one.channel + 1)
        limits = f"{one.low:.4g} to {one.high:.4g}"
        inside = f"{100 * one.share_inside:.2f} %" if one.inside else NONE
        outside = f"{100 * one.share_outside:.2f} %"
        cells = (f"{one.step + 1} {one.name}", channel, limits, inside, outside)
        rows.append([Cell(text) for text in cells])
    caption = "Share of the training cases' voxels beyond the limits of a step; limits are the widest of all cases."
    return Table([*columns, Column("Cut off of the rest", True)], rows, caption)


def _n(numbers: object, part: str) -> str:
    return str(numbers[part]) if isinstance(numbers, dict) and part in numbers else NONE


def _sum(numbers: object, parts: list[str]) -> str:
    known = [numbers[p] for p in parts if p in numbers] if isinstance(numbers, dict) else []
    return str(sum(known)) if len(known) == len(parts) else NONE
