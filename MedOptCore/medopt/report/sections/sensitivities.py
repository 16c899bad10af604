"""How many boxes are found at so many false boxes an image: a table of a detection."""

from __future__ import annotations

from medopt.metrics.froc import LUNA_RATES
from medopt.report.blocks import Cell, Column, Table
from medopt.report.record import Record
from medopt.report.text import interval, number, plain
from medopt.validation import BoxResults
from medopt.validation.box_rates import RateRow, sensitivities

_NAMES = ("1/8", "1/4", "1/2", "1", "2", "4", "8")


def rate_table(record: Record) -> Table | None:
    """A row a class, a column a rate; None for other tasks and where there is no box to find."""
    results = record.results
    if not isinstance(results, BoxResults) or not results.cases:
        return None
    rows = sensitivities(results)
    if not rows:
        return None
    names = list(dict.fromkeys(row.structure for row in rows))
    columns = [Column("Class"), *(Column(name, True, "Found at false boxes an image") for name in _NAMES)]
    columns += [Column("boxes", True, "n"), Column("images", True, "n")]
    cells = []
    for name in names:
        own = {row.rate: row for row in rows if row.structure == name}
        first = own[LUNA_RATES[0]]
        values = [_cell(own[rate]) for rate in LUNA_RATES]
        mark = record.look_of(name).color
        cells.append([Cell(plain(name), mark=mark), *values, Cell(str(first.boxes)), Cell(str(first.found.n))])
    level = f"{100 * results.settings.bootstrap.level:g} %"
    caption = f"Share of boxes found (IoU 0.5) at seven rates of false boxes, with {level} intervals over subjects."
    refused = list(dict.fromkeys(row.found.refused for row in rows if row.found.refused))
    return Table(columns, cells, caption + "".join(f" No interval: {why}." for why in refused))


def _cell(row: RateRow) -> Cell:
    return Cell(number(row.found.estimate, 3), small=interval(row.found.low, row.found.high, 3))
