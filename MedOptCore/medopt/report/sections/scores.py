"""All metrics: the table with n and intervals, and every case in figures."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, FigureBlock, Note, Section, Table
from medopt.report.figures import FIGURES, to_svg
from medopt.report.record import Record
from medopt.report.sections.calibration import calibration_blocks
from medopt.report.sections.sensitivities import rate_table
from medopt.report.text import count, interval, listing, metric_digits, metric_title, metric_value, plain
from medopt.validation import MEAN, MEASURES, BoxResults, ClassResults, Results, SummaryRow

WIDEST = 3
"""With at most so many structures, their mean included, the table has columns for each."""

_FIGURES = (
    "class-curves",
    "confusion",
    "class-histograms",
    "reliability",
    "box-curves",
    "case-order",
    "metric-strips",
    "volume-agreement",
)


def build(record: Record, project: Project | None) -> Section | None:
    """The summary table and the figures of single cases; a note on what to run when nothing was measured."""
    if record.results is None:
        text = "This run was not validated yet. Measure it with: medopt validate PROJECT"
        return Section("Scores", "scores", [Note(text, "warning")])
    if not record.results.cases:
        return Section("Scores", "scores", [Note("Not one case could be measured.", "warning")])
    measured = record.results
    table = _table(record, measured) if isinstance(measured, Results) else _class_table(record, measured)
    rates = rate_table(record)
    blocks: list[Block] = [table, *([] if rates is None else [rates]), *calibration_blocks(record)]
    for name in _FIGURES:
        drawing = FIGURES[name].draw(record)
        if drawing is not None:
            blocks.append(FigureBlock(to_svg(drawing, name, for_page=True), drawing.caption, FIGURES[name].title, name))
    return Section("Scores", "scores", blocks)


def _table(record: Record, results: Results) -> Table:
    """A row a metric with columns for each structure; with many structures a row for each pair of the two."""
    names = [s.name for s in results.structures] + ([MEAN] if len(results.structures) > 1 else [])
    measured = [m for m in MEASURES if any(row.metric == m for row in results.summary)]
    wide = len(names) <= WIDEST
    columns, rows = _wide(results, names, measured) if wide else _long(record, results, names, measured)
    notes = list(dict.fromkeys(plain(row.note) for row in results.summary if row.note))
    caption = (
        f"Means over {count(results.n_cases, 'case')} of {count(results.n_subjects, 'subject')} of the "
        f"{plain(results.subset)} part, with {100 * results.settings.bootstrap.level:g} % bootstrap intervals over "
        "subjects. Excluded are cases for which a metric is not defined."
    )
    if wide and len(names) > 1:
        caption += " Two numbers (a–b) are the least and the most over the structures."
    return Table(columns, rows, caption + "".join(f" No interval: {note}." for note in notes), wrap=True)


def _wide(results: Results, names: list[str], metrics: list[str]) -> tuple[list[Column], list[list[Cell]]]:
    columns = [Column("Metric")]
    for name in names:
        columns += [Column("mean", True, _title(name)), Column("interval", True, _title(name))]
    columns += [Column("cases", True, "n"), Column("subjects", True, "n"), Column("excluded", True, "n")]
    rows = []
    for metric in metrics:
        found = [results.row(name, metric) for name in names]
        cells = [Cell(metric_title(metric))]
        for row in found:
            cells += _mean(row)
        numbers = ([r.n for r in found], [r.n_subjects for r in found], [r.excluded for r in found])
        rows.append(cells + [Cell(_range(values)) for values in numbers])
    return columns, rows


def _long(
    record: Record, results: Results, names: list[str], metrics: list[str]
) -> tuple[list[Column], list[list[Cell]]]:
    titles = ("mean", "interval", "cases", "subjects", "excluded")
    columns = [Column("Metric"), Column("Structure"), *(Column(title, True) for title in titles)]
    rows = []
    for metric in metrics:
        for name in names:
            row = results.row(name, metric)
            mark = "" if name == MEAN else record.look_of(name).color
            cells = [Cell(metric_title(metric) if name == names[0] else ""), Cell(_title(name), mark=mark), *_mean(row)]
            rows.append([*cells, Cell(str(row.n)), Cell(str(row.n_subjects)), Cell(str(row.excluded))])
    return columns, rows


def _class_table(record: Record, results: ClassResults | BoxResults) -> Table:
    """A row for each metric of each class, and of all of them together."""
    boxes, excluded = isinstance(results, BoxResults), any(row.excluded for row in results.summary)
    columns = [Column("Metric"), Column("Class"), Column("value", True), Column("interval", True)]
    columns += [Column("images" if boxes else "cases", True), Column("subjects", True)]
    columns += ([Column("boxes", True)] if boxes else []) + ([Column("excluded", True)] if excluded else [])
    rows, before = [], ""
    order = (
        [*(s.name for s in results.structures), MEAN] if len(results.structures) > 1 else [results.structures[0].name]
    )
    choice = isinstance(results, ClassResults) and results.exclusive
    together = "All classes" if choice else "Mean over classes"
    for metric in (m for m in MEASURES if any(row.metric == m for row in results.summary)):
        found = {row.structure: row for row in results.summary if row.metric == metric}
        for name in (name for name in order if name in found):
            row = found[name]
            mark = "" if name == MEAN else record.look_of(name).color
            title = metric_title(metric) if metric != before else ""
            cells = [Cell(title), Cell(together if name == MEAN else plain(name), mark=mark), *_value(row)]
            cells += [Cell(str(row.n)), Cell(str(row.n_subjects))]
            cells += ([Cell(str(row.n_boxes))] if boxes else []) + ([Cell(str(row.excluded))] if excluded else [])
            rows.append(cells)
            before = metric
    level = f"{100 * results.settings.bootstrap.level:g} %"
    caption = (
        f"{count(results.n_cases, 'case')} of {count(results.n_subjects, 'subject')} of the {plain(results.subset)} "
    )
    caption += f"part, with {level} intervals."
    if not boxes:
        caption += " The number of cases is that of the denominator: of sensitivity the cases with the class."
    if excluded:
        caption += " Excluded are cases in which nobody judged the class."
    without = list(dict.fromkeys(name for row in results.summary for name in row.without))
    if without:
        caption += f" Left out of the mean where it is not defined: {listing([plain(n) for n in without])}."
    notes = list(dict.fromkeys(plain(row.note) for row in results.summary if row.note))
    return Table(columns, rows, caption + "".join(f" No interval: {note}." for note in notes))


def _mean(row: SummaryRow) -> list[Cell]:
    digits = metric_digits(row.metric)
    return [Cell(metric_value(row.metric, row.estimate)), Cell(interval(row.low, row.high, digits) or "none")]


def _value(row: SummaryRow) -> list[Cell]:
    """As ``_mean``; a calibration error has what chance alone gives in place of an interval."""
    value, within = _mean(row)
    return [value, within if row.by_chance is None else Cell(f"chance: < {metric_value(row.metric, row.by_chance)}")]


def _title(name: str) -> str:
    return "Mean over structures" if name == MEAN else plain(name)


def _range(values: list[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else f"{min(values)}–{max(values)}"
