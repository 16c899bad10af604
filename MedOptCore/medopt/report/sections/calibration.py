"""Whether the probabilities of voxels hold: the table of a segmentation, or why there is none."""

from __future__ import annotations

from medopt.report.blocks import Block, Cell, Column, Note, Table
from medopt.report.figures.reliability import NEAR_STRUCTURES
from medopt.report.record import Record
from medopt.report.text import count, interval, listing, metric_digits, metric_value, plain, without_folders
from medopt.validation import Results, SummaryRow
from medopt.validation.mask_calibration import MaskCalibration

NOT_MEASURED = (
    "Whether probabilities hold is not known: these results were made of masks, or by an older MedOpt. Validating "
    "again counts the probabilities."
)


def calibration_blocks(record: Record) -> list[Block]:
    """A row a structure with its calibration error and Brier score; nothing but for a segmentation."""
    results = record.results
    if not isinstance(results, Results) or not results.cases:
        return []
    if results.calibration is None:
        return [Note(NOT_MEASURED)]
    known = {structure.name for structure in results.structures}
    rows = [_row(record, results.calibration, name, name in known) for name in results.calibrated]
    notes = [_without(results.calibration)] if results.calibration.without else []
    if not rows:
        return [*notes]
    columns = [Column("Structure")]
    columns += [Column(title, True, "Calibration error") for title in ("value", "interval", "by chance below")]
    columns += [Column(title, True, "Brier score") for title in ("value", "interval")]
    columns += [Column(title, True, "n") for title in ("cases", "subjects")]
    refused = list(dict.fromkeys(row.note for row in results.calibration.summary if row.note))
    caption = f"Do probabilities of voxels mean what they say? {NEAR_STRUCTURES} Each voxel counts once."
    caption += "".join(f" No interval: {note}." for note in refused)
    return [Table(columns, rows, caption), *notes]


def _row(record: Record, calibration: MaskCalibration, name: str, known: bool) -> list[Cell]:
    error, brier = (calibration.row(name, metric) for metric in ("ece", "brier"))
    mark = record.look_of(name).color if known else ""
    title = plain(name)
    chance = Cell("" if error.by_chance is None else metric_value("ece", error.by_chance))
    cells = [Cell(title[0].upper() + title[1:] if not known else title, mark=mark), *_value(error), chance]
    return [*cells, *_value(brier), Cell(str(error.n)), Cell(str(error.n_subjects))]


def _value(row: SummaryRow) -> list[Cell]:
    digits = metric_digits(row.metric)
    return [Cell(metric_value(row.metric, row.estimate)), Cell(interval(row.low, row.high, digits) or "none")]


def _without(calibration: MaskCalibration) -> Note:
    first = listing([plain(case) for case in list(calibration.without)[:3]])
    reasons = list(dict.fromkeys(calibration.without.values()))
    words = f"Probabilities were not counted in {count(len(calibration.without), 'case')} ({first}): "
    return Note(words + "; ".join(without_folders(reason) for reason in reasons[:3]) + ".")
