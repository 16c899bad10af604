"""Charts of lines and points as plot nodes with their tables, updated in place as a run grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from medopt.errors import MedOptError
from medopt.scene.classes import rgb
from medopt.scene.nodes import Node, Scene, add_node, one_update, remove_node
from medopt.scene.tables import Columns, table_from_columns, update_table

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Colours for series without one of their own; they differ for colour-blind eyes too (Okabe and Ito, 2008)."""

_LABELS = "case"
"""The table column of the labels."""


@dataclass(frozen=True)
class Series:
    """One line, or one cloud of points.

    Parameters
    ----------
    name : what the legend says; the names of a chart differ
    x, y : equally long; points at which either is no finite number are left out
    labels : a text for each point, such as its case id, shown at the pointer; or none
    style : joined by a line, joined by dashes, points only, or bars; bars stand at 0, 1, 2 … whatever x says
    color : ``"#rrggbb"``; "" takes the next of `PALETTE`
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    labels: Sequence[str] = ()
    style: Literal["line", "dashes", "points", "bars"] = "line"
    color: str = ""

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y) or (self.labels and len(self.labels) != len(self.x)):
            raise MedOptError(
                "the values of a series differ in number",
                where=self.name,
                expected="one y, and one label or no labels at all, for every x",
                found=f"{len(self.x)} x, {len(self.y)} y, {len(self.labels)} labels",
            )


@dataclass(frozen=True)
class Chart:
    """What a chart shows; titles of axes name the unit, as in "HD95 (mm)".

    ``y_range`` fixes the y axis, which otherwise follows the data.
    """

    title: str
    x_title: str
    y_title: str
    series: tuple[Series, ...] = ()
    y_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        names = [series.name for series in self.series]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise MedOptError(
                "two series of a chart have one name",
                where=self.title,
                expected="different names",
                found=", ".join(doubled),
            )
        columns = {self.x_title, _LABELS} if any(series.labels for series in self.series) else {self.x_title}
        reserved = sorted(columns.intersection(names))
        if reserved:
            raise MedOptError(
                "a series may not be called so",
                where=self.title,
                expected="a name other than that of the x axis and of the labels",
                found=", ".join(reserved),
            )


def plot_from_chart(scene: Scene, chart: Chart, *, role: str = "chart") -> Node:
    """A new plot chart node with a series node and a table node for each series; see `update_plot`."""
    node = add_node(scene, "vtkMRMLPlotChartNode", chart.title, role=role)
    update_plot(scene, node, chart)
    return node


def update_plot(scene: Scene, node: Node, chart: Chart) -> None:
    """Make a chart node show ``chart``. Series of the same name stay and get new data; others come or go.

    Each series has a table of its own with its x, its y and, if it has labels, a "case" column, so that curves
    with points at different steps stay lines without holes. A series without points shows in the legend only.
    The chart node must be one of `plot_from_chart`.
    """
    present = {series.GetName(): series for series in _series_nodes(node)}
    wanted = {series.name for series in chart.series}
    with one_update(node):
        for name in present.keys() - wanted:
            node.RemovePlotSeriesNodeID(present[name].GetID())
            _remove_series(scene, present[name])
        _set_axes(node, chart)
        for index, series in enumerate(chart.series):
            color = series.color or PALETTE[index % len(PALETTE)]
            if series.name in present:
                _update_series(scene, present[series.name], chart, series, color)
            else:
                added = _add_series(scene, chart, series, color)
                node.AddAndObservePlotSeriesNodeID(added.GetID())


def remove_plot(scene: Scene, node: Node) -> None:
    """Remove a chart of `plot_from_chart` with its series and tables; the user's own charts' parts stay."""
    for series in _series_nodes(node):
        _remove_series(scene, series)
    remove_node(scene, node)


def selected_labels(scene: Scene, series_ids: Any, places: Any) -> list[str]:
    """The labels of points that were selected in a plot view, each once, in the order of the series.

    Parameters
    ----------
    series_ids : ``vtkStringArray``, ids of the series nodes with selected points
    places : ``vtkCollection`` of a ``vtkIdTypeArray`` each, the rows of the series' tables

    Both are what ``qMRMLPlotView``'s signal ``dataSelected`` tells. Series without labels have none, and rows that a
    table does not have any more are passed over.
    """
    found: dict[str, None] = {}
    for number in range(min(series_ids.GetNumberOfValues(), places.GetNumberOfItems())):
        series, rows = scene.GetNodeByID(series_ids.GetValue(number)), places.GetItemAsObject(number)
        table = None if series is None else series.GetTableNode()
        column = None if table is None else table.GetTable().GetColumnByName(series.GetLabelColumnName() or "")
        if column is None:
            continue
        chosen = (rows.GetValue(place) for place in range(rows.GetNumberOfValues()))
        found |= dict.fromkeys(str(column.GetValue(row)) for row in chosen if row < column.GetNumberOfValues())
    return list(found)


def _series_nodes(node: Node) -> list[Node]:
    nodes = [node.GetNthPlotSeriesNode(index) for index in range(node.GetNumberOfPlotSeriesNodes())]
    return [series for series in nodes if series is not None]


def _remove_series(scene: Scene, series: Node) -> None:
    table = series.GetTableNode()
    remove_node(scene, series)
    if table is not None:
        remove_node(scene, table)


def _set_axes(node: Node, chart: Chart) -> None:
    node.SetName(chart.title)
    node.SetTitle(chart.title)
    node.SetXAxisTitle(chart.x_title)
    node.SetYAxisTitle(chart.y_title)
    node.SetYAxisRangeAuto(chart.y_range is None)
    if chart.y_range is not None:
        node.SetYAxisRange(*chart.y_range)


def _add_series(scene: Scene, chart: Chart, series: Series, color: str) -> Node:
    node = add_node(scene, "vtkMRMLPlotSeriesNode", series.name, role="chart series")
    with one_update(node):
        node.SetAndObserveTableNodeID(_add_table(scene, chart, series).GetID())
        _set_style(node, chart, series, color)
    return node


def _add_table(scene: Scene, chart: Chart, series: Series) -> Node:
    return table_from_columns(scene, _columns(chart, series), f"{chart.title}: {series.name}", role="chart table")


def _update_series(scene: Scene, node: Node, chart: Chart, series: Series, color: str) -> None:
    with one_update(node):
        if node.GetTableNode() is None:  # the user has deleted it
            node.SetAndObserveTableNodeID(_add_table(scene, chart, series).GetID())
        else:
            update_table(node.GetTableNode(), _columns(chart, series))
        _set_style(node, chart, series, color)


def _set_style(node: Node, chart: Chart, series: Series, color: str) -> None:
    points = series.style == "points"
    # a "line" plot of MRML ignores x; scatter with joined points does not
    node.SetPlotType(node.PlotTypeBar if series.style == "bars" else node.PlotTypeScatter)
    node.SetXColumnName(chart.x_title)
    node.SetYColumnName(series.name)
    node.SetLabelColumnName(_LABELS if series.labels else "")
    node.SetMarkerStyle(node.MarkerStyleCircle if points else node.MarkerStyleNone)
    node.SetMarkerSize(8)
    lines = {"line": node.LineStyleSolid, "dashes": node.LineStyleDash, "points": node.LineStyleNone}
    lines["bars"] = node.LineStyleSolid
    node.SetLineStyle(lines[series.style])
    node.SetLineWidth(2)
    node.SetColor(*rgb(color))


def _columns(chart: Chart, series: Series) -> Columns:
    kept = [
        index for index in range(len(series.x)) if math.isfinite(series.x[index]) and math.isfinite(series.y[index])
    ]
    columns: dict[str, list] = {
        chart.x_title: [float(series.x[index]) for index in kept],
        series.name: [float(series.y[index]) for index in kept],
    }
    if series.labels:
        columns[_LABELS] = [str(series.labels[index]) for index in kept]
    return columns
