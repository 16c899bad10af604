"""What a section of the page is made of. Texts are plain; the template escapes them. Only ``svg`` is markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str
    kind: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Note:
    """Something the reader must not overlook."""

    text: str
    level: Literal["note", "warning"] = "note"
    kind: ClassVar[str] = "note"


@dataclass(frozen=True)
class FigureBlock:
    """A figure with its caption; ``svg`` comes from this room's own drawing code and nowhere else."""

    svg: str
    caption: str
    title: str = ""
    name: str = ""
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class CaseBlock:
    """A case in pictures: its role and id, its figures as (name, value) pairs, the SVG or why there is none."""

    role: str
    case: str
    facts: Sequence[tuple[str, str]]
    svg: str = ""
    missing: str = ""
    kind: ClassVar[str] = "case"


@dataclass(frozen=True)
class Legend:
    """What the lines and colours of the pictures below mean: (name, ``#rrggbb``) of each structure, (name, class in
    style.css) of each kind of line.
    """

    structures: Sequence[tuple[str, str]]
    lines: Sequence[tuple[str, str]] = (("reference", "solid"), ("prediction", "dashed"))
    kind: ClassVar[str] = "legend"


@dataclass(frozen=True)
class Column:
    """Head of a column: title, whether it holds numbers, and a first line above that neighbours share."""

    title: str
    numeric: bool = False
    group: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a second smaller text, the ``#rrggbb`` of a mark before it, and the id of the section that the
    text leads to."""

    text: str
    small: str = ""
    mark: str = ""
    leads_to: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells under columns.

    Parameters
    ----------
    columns, rows : a row has a cell a column; a row whose first cell is empty goes on the one above
    caption : below the table
    strong_last : whether the last row is a sum
    fold : number of rows from which on they are folded away on screen; None folds none
    wrap : whether the texts of the first column may take several lines
    prose : whether the texts of all columns may
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    strong_last: bool = False
    fold: int | None = None
    wrap: bool = False
    prose: bool = False
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    rows: Sequence[tuple[str, str]]
    title: str = ""
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    sentences: Sequence[str]
    kind: ClassVar[str] = "points"


@dataclass(frozen=True)
class Code:
    """A text kept as it is."""

    text: str
    title: str = ""
    kind: ClassVar[str] = "code"


Block = Paragraph | Note | FigureBlock | CaseBlock | Legend | Table | Facts | Points | Code


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading; ``anchor`` is its id."""

    title: str
    anchor: str
    blocks: Sequence[Block]
