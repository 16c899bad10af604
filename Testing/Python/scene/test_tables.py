from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.scene import columns_from_table, table_from_columns, update_table

COLUMNS = {
    "case": ["a", "b", "c"],
    "voxels": [1, 2, -3],
    "Dice": [0.5, 0.25, 1.0],
    "HD95": [1.5, None, math.nan],
    "slices": [4, None, 6],
}


def test_columns_come_back_with_their_types_and_gaps(scene):
    found = columns_from_table(table_from_columns(scene, COLUMNS, "scores"))
    assert found == {**COLUMNS, "HD95": [1.5, None, None]}
    assert [type(cells[0]) for cells in found.values()] == [str, int, float, float, int]


def test_vtk_sees_numbers_as_numbers_and_gaps_as_empty_cells(scene):
    table = table_from_columns(scene, COLUMNS, "scores").GetTable()
    kinds = [table.GetColumn(index).GetClassName() for index in range(table.GetNumberOfColumns())]
    assert kinds == ["vtkStringArray", "vtkIntArray", "vtkDoubleArray", "vtkStringArray", "vtkStringArray"]
    assert [table.GetValueByName(row, "HD95").ToString() for row in range(3)] == ["1.5", "", ""]
    assert table.GetValueByName(1, "Dice").ToDouble() == 0.25


def test_the_header_names_units_and_nobody_edits(scene):
    node = table_from_columns(scene, COLUMNS, "scores", units={"HD95": "mm"})
    assert node.GetColumnTitle("HD95") == "HD95 (mm)"
    assert node.GetColumnUnitLabel("HD95") == "mm"
    assert node.GetColumnTitle("Dice") == "Dice"
    assert node.GetUseColumnTitleAsColumnHeader()
    assert node.GetLocked()


def test_an_update_keeps_the_node_and_tells_its_views_once(scene):
    node = table_from_columns(scene, COLUMNS, "scores", units={"HD95": "mm"})
    events: list[str] = []
    node.AddObserver("ModifiedEvent", lambda *_: events.append("modified"))
    update_table(node, {"step": [1, 2], "loss": [0.5, 0.4]})
    assert columns_from_table(node) == {"step": [1, 2], "loss": [0.5, 0.4]}
    assert len(events) == 1
    assert node.GetColumnUnitLabel("HD95") == ""


@pytest.mark.parametrize("columns", [{}, {"case": [], "Dice": []}])
def test_empty_tables(scene, columns):
    node = table_from_columns(scene, columns, "empty")
    assert columns_from_table(node) == columns
    assert node.GetNumberOfRows() == 0


def test_a_column_of_gaps_only(scene):
    assert columns_from_table(table_from_columns(scene, {"HD95": [None, None]}, "gaps")) == {"HD95": [None, None]}


def test_numpy_numbers_and_bools(scene):
    columns = {
        "i": list(np.array([1, 2], np.int64)),
        "f": list(np.array([0.5, np.nan], np.float32)),
        "b": [True, False],
    }
    assert columns_from_table(table_from_columns(scene, columns, "numpy")) == {
        "i": [1, 2],
        "f": [0.5, None],
        "b": [1, 0],
    }


def test_integers_beyond_32_bits(scene):
    assert columns_from_table(table_from_columns(scene, {"n": [2**40, -1]}, "large")) == {"n": [2**40, -1]}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), min_size=3, max_size=3),
    numbers=st.lists(st.none() | st.floats(allow_nan=False), min_size=3, max_size=3),
    integers=st.lists(st.integers(-(2**53), 2**53), min_size=3, max_size=3),
)
def test_any_cell_survives(scene, texts, numbers, integers):
    columns = {"text": texts, "number": numbers, "integer": integers}
    assert columns_from_table(table_from_columns(scene, columns, "any")) == columns


def test_tables_of_others_are_read(scene):
    import vtk

    node = scene.AddNewNodeByClass("vtkMRMLTableNode", "foreign")
    values = vtk.vtkFloatArray()
    values.SetName("length")
    for value in (0.5, math.nan):
        values.InsertNextValue(value)
    node.AddColumn(values)
    assert columns_from_table(node) == {"length": [0.5, None]}


def test_different_lengths_are_refused_and_nothing_changes(scene):
    node = table_from_columns(scene, {"a": [1]}, "kept")
    with pytest.raises(MedOptError, match=r"columns of a table differ in length.*found a: 2, b: 1"):
        update_table(node, {"a": [1, 2], "b": [1]})
    assert columns_from_table(node) == {"a": [1]}


def test_mixed_columns_are_refused(scene):
    with pytest.raises(MedOptError, match="Dice: a column mixes text and numbers"):
        table_from_columns(scene, {"Dice": [0.5, "n/a"]}, "mixed")
