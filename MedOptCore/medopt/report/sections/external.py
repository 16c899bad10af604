"""A model on another project: what was compared, how much it drops, and where that may come from."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, Facts, FigureBlock, Note, Points, Section, Table
from medopt.report.figures import FIGURES, to_svg
from medopt.report.record import Record
from medopt.report.text import NONE, count, interval, listing, metric_digits, metric_title, number, plain
from medopt.validation import MEAN
from medopt.validation.external.change import Figure
from medopt.validation.external.record import ExternalRecord

_BY = {"user": "told by the user", "terminology": "the same terminology code", "name": "the same name"}


def build(record: Record, project: Project | None) -> Section | None:
    """None of a run on its own project."""
    external = record.external
    if external is None:
        return None
    blocks: list[Block] = [_facts(external)]
    blocks += [Note(plain(note, 400), "warning") for note in external.notes]
    blocks += _figure(record, "external-change")
    if external.changes:
        blocks.append(_changes(record, external))
    blocks += _figure(record, "external-shift")
    if external.findings:
        blocks.append(Points([plain(text, 400) for text in external.findings]))
    if external.grids or external.relations:
        blocks += _tables(external)
    return Section("External validation", "external", blocks)


def _facts(external: ExternalRecord) -> Facts:
    model = external.model
    what = "exported model" if model.kind == "package" else "run"
    rows = [
        ("Model", f"{plain(model.name)} ({what}{f' of {plain(model.project)}' if model.project else ''})"),
        ("Run by", plain(model.runtime) or NONE),
        ("Cases", "all labelled cases" if external.part == "all" else f"the {external.part} part of the split"),
        ("Sealed test subjects", "the look at them was counted" if external.looks else "none were looked at"),
    ]
    rows += [
        (f"Class {plain(pair.project)}", f"{plain(pair.model)} of the model; {_BY[pair.by]}")
        for pair in external.classes
    ]
    for names, title in ((external.model_only, "Only the model has"), (external.project_only, "Only the project has")):
        if names:
            rows.append((title, f"{listing([plain(name) for name in names])}; not scored"))
    if external.copies:
        rows.append(("Left out", f"{count(len(external.copies), 'case')} with an image of the model's own project"))
    return Facts(rows)


def _changes(record: Record, external: ExternalRecord) -> Table:
    columns = [Column("Metric"), Column("Structure" if record.task == "segmentation" else "Class")]
    columns += [Column("internal", True), Column("external", True), Column("difference", True), Column("")]
    rows, before = [], ""
    for row in external.changes:
        digits = metric_digits(row.metric)
        ends = interval(row.low, row.high, digits)
        name = row.structure
        rows.append(
            [
                Cell(metric_title(row.metric) if row.metric != before else ""),
                Cell("mean" if name == MEAN else plain(name), mark="" if name == MEAN else record.look_of(name).color),
                _cell(row.internal, digits),
                _cell(row.external, digits),
                Cell(number(row.difference, digits), ends),
                Cell(row.change),
            ]
        )
        before = row.metric
    notes = list(dict.fromkeys(plain(row.note) for row in external.changes if row.note))
    caption = (
        f"Internal: {plain(external.internal)}. The difference is external minus internal, with a bootstrap interval "
        "over the subjects of both, each drawn on their own. Worse and better: the interval leaves out 0. That no "
        "difference was shown does not mean that there is none."
    )
    return Table(columns, rows, caption + "".join(f" No interval: {note}." for note in notes), wrap=True)


def _cell(figure: Figure, digits: int) -> Cell:
    ends = interval(figure.low, figure.high, digits)
    return Cell(number(figure.estimate, digits), f"{ends} n = {figure.n_subjects}".strip())


def _tables(external: ExternalRecord) -> list[Block]:
    blocks: list[Block] = []
    if external.grids:
        columns = [Column("Grid"), Column("training", True), Column("external", True), Column("out of range", True)]
        rows = [
            [
                Cell(row.name),
                *(Cell(number(m, 2), f"{number(a, 2)} to {number(b, 2)}") for m, a, b in (row.training, row.external)),
                Cell(f"{row.outside} of {row.n_external}"),
            ]
            for row in external.grids
        ]
        blocks.append(Table(columns, rows, "Median, least and most. Out of range: of what the training cases had."))
    if external.relations:
        columns = [Column("Score against"), Column("Spearman's ρ", True), Column("p", True), Column("subjects", True)]
        rows = [
            [
                Cell(row.name),
                Cell(number(row.rho, 2), interval(row.low, row.high, 2)),
                Cell(_p(row.p)),
                Cell(str(row.n)),
            ]
            for row in external.relations
        ]
        caption = "Over external subjects. What goes together need not cause one another; p is not adjusted."
        blocks.append(Table(columns, rows, caption))
    return blocks


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else number(value, 3)


def _figure(record: Record, name: str) -> list[Block]:
    drawing = FIGURES[name].draw(record)
    if drawing is None:
        return []
    return [FigureBlock(to_svg(drawing, name, for_page=True), drawing.caption, FIGURES[name].title, name)]
