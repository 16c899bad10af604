"""Figures by site, scanner, sex, age group and whatever the project knows of its cases."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, FigureBlock, Note, Section, Table
from medopt.report.figures import FIGURES, to_svg
from medopt.report.record import Record
from medopt.report.text import interval, metric_digits, metric_title, metric_value, plain

FOLD = 24


def build(record: Record, project: Project | None) -> Section | None:
    """The figure and the table; a note where the cases have no attributes; None before validation."""
    if record.results is None or not record.results.cases:
        return None
    if not record.subgroups:
        text = (
            "The cases carry no attributes (site, scanner, sex, age group) that divide them, so differences between "
            "groups could not be looked at."
        )
        return Section("Subgroups", "subgroups", [Note(text)])
    columns = [Column("Attribute"), Column("Group"), Column(metric_title(record.subgroups[0].metric), True)]
    columns += [Column("interval", True), Column("cases", True), Column("subjects", True)]
    rows, before = [], ""
    for group in record.subgroups:
        digits = metric_digits(group.metric)
        rows.append(
            [
                Cell(plain(group.attribute) if group.attribute != before else ""),
                Cell(plain(group.value)),
                Cell(metric_value(group.metric, group.estimate)),
                Cell(interval(group.low, group.high, digits) or "none"),
                Cell(str(group.n)),
                Cell(str(group.n_subjects)),
            ]
        )
        before = group.attribute
    notes = list(dict.fromkeys(plain(group.note) for group in record.subgroups if group.note))
    caption = "No interval: " + "; ".join(notes) + "." if notes else ""
    blocks: list[Block] = [Table(columns, rows, caption, fold=FOLD)]
    drawing = FIGURES["subgroups"].draw(record)
    if drawing is not None:
        svg = to_svg(drawing, "subgroups", for_page=True)
        blocks.insert(0, FigureBlock(svg, drawing.caption, FIGURES["subgroups"].title, "subgroups"))
    return Section("Subgroups", "subgroups", blocks)
