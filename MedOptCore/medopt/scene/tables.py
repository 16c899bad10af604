"""Table nodes and columns: text, integers and fractions, gaps shown as empty cells, updated in place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any, TypeAlias

from medopt.errors import MedOptError
from medopt.scene.nodes import Node, Scene, add_node, one_update

Cell: TypeAlias = str | int | float | None
"""One cell; None and NaN are gaps."""
Columns: TypeAlias = Mapping[str, Sequence[Cell]]
"""Column name -> cells; all columns equally long."""

_KIND = "MedOpt.Kind"
"""Column property: what the cells mean where VTK's type cannot tell, as for numbers with gaps."""
_INT32 = 2**31 - 1


def table_from_columns(
    scene: Scene,
    columns: Columns,
    name: str,
    *,
    units: Mapping[str, str] | None = None,
    role: str | None = "table",
    case: str | None = None,
) -> Node:
    """A new table node that the user can read and sort but not edit; see `update_table`."""
    node = add_node(scene, "vtkMRMLTableNode", name, role=role, case=case)
    node.SetUseColumnTitleAsColumnHeader(True)
    update_table(node, columns, units=units)
    node.SetLocked(True)
    return node


def update_table(node: Node, columns: Columns, *, units: Mapping[str, str] | None = None) -> None:
    """Replace the contents of a table node; the node stays, and with it every view and plot that shows it.

    Text becomes a column of strings, integers one of ints (doubles beyond 32 bits), fractions one of doubles.
    VTK's numbers know no empty cell, so that a column of numbers with gaps (None or NaN) is stored as text with
    "" for the gaps; `columns_from_table` reads numbers again. Bools count as integers. No columns empty the table.

    Parameters
    ----------
    units : column name -> unit, such as ``{"HD95": "mm"}``; shown in the header as "HD95 (mm)"

    Raises MedOptError for columns of different length and for columns that mix text and numbers.
    """
    import vtk

    _check_lengths(columns)
    prepared = [(name, _kind(name, cells), cells) for name, cells in columns.items()]
    table = vtk.vtkTable()
    for name, kind, cells in prepared:
        array = _vtk_array(kind, cells)
        array.SetName(name)
        table.AddColumn(array)
    with one_update(node):
        for name in _names(node.GetTable()):
            node.RemoveAllColumnProperties(name)
        node.SetAndObserveTable(table)
        for name, kind, _ in prepared:
            unit = (units or {}).get(name, "")
            node.SetColumnProperty(name, _KIND, kind)
            node.SetColumnTitle(name, f"{name} ({unit})" if unit else name)
            if unit:
                node.SetColumnUnitLabel(name, unit)


def columns_from_table(node: Node) -> dict[str, list[Cell]]:
    """The cells of a table node by column name, in the order of the table; gaps and NaN are None.

    Reads tables of any origin with one component a column; an empty table gives an empty dict.
    """
    table = node.GetTable()
    return {name: _cells(node, table.GetColumnByName(name)) for name in _names(table)}


def _names(table: Any) -> list[str]:
    return [] if table is None else [table.GetColumnName(index) for index in range(table.GetNumberOfColumns())]


def _check_lengths(columns: Columns) -> None:
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        raise MedOptError(
            "the columns of a table differ in length",
            expected="equal lengths",
            found=", ".join(f"{name}: {length}" for name, length in lengths.items()),
        )


def _is_gap(cell: Cell) -> bool:
    return cell is None or (not isinstance(cell, str) and math.isnan(cell))


def _kind(name: str, cells: Sequence[Cell]) -> str:
    """ "text", "integer" or "number", with " with gaps" appended for numbers that miss some."""
    if not cells:
        return "number"  # a plot refuses text for its axes, even when there is none
    values = [cell for cell in cells if not _is_gap(cell)]
    texts = sum(isinstance(value, str) for value in values)
    if texts and texts < len(values):
        raise MedOptError("a column mixes text and numbers", where=name, expected="one of them")
    if texts:
        return "text"
    kind = "integer" if values and all(isinstance(value, Integral) for value in values) else "number"
    return kind if len(values) == len(cells) else f"{kind} with gaps"


def _vtk_array(kind: str, cells: Sequence[Cell]) -> Any:
    import vtk

    if kind == "text" or kind.endswith("with gaps"):
        array = vtk.vtkStringArray()
        for cell in cells:
            array.InsertNextValue("" if _is_gap(cell) else _text(cell, kind))
        return array
    numbers = [float(cell) for cell in cells if cell is not None]
    small = kind == "integer" and all(abs(number) <= _INT32 for number in numbers)
    array = vtk.vtkIntArray() if small else vtk.vtkDoubleArray()
    for number in numbers:
        array.InsertNextValue(int(number) if small else number)
    return array


def _text(cell: Cell, kind: str) -> str:
    if isinstance(cell, str) or cell is None:
        return cell or ""
    return str(int(cell)) if kind.startswith("integer") else repr(float(cell))


def _cells(node: Node, array: Any) -> list[Cell]:
    import vtk

    kind = node.GetColumnProperty(array.GetName(), _KIND) or ""
    count = array.GetNumberOfTuples()
    if isinstance(array, vtk.vtkStringArray):
        texts = [array.GetValue(row) for row in range(count)]
        if kind.endswith("with gaps"):
            return [None if not text else int(text) if kind.startswith("integer") else float(text) for text in texts]
        return list(texts)
    numbers = [array.GetValue(row) for row in range(count)]
    if kind == "integer":
        return [int(number) for number in numbers]
    return [None if _is_gap(number) else number for number in numbers]
