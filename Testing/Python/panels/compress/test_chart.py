"""The chart of score against latency."""

from __future__ import annotations

import numpy as np
from MedOptValidateLib.compress_self_test import NAME, recordCompression

from medopt.files import read_json, write_json
from medopt.scene import marked_nodes
from medopt.scene.tables import columns_from_table

STUDENT = f"{NAME}-width-50"


def points(chart):
    """Series name → (x, y, labels)."""
    found = {}
    for index in range(chart.GetNumberOfPlotSeriesNodes()):
        series = chart.GetNthPlotSeriesNode(index)
        columns = columns_from_table(series.GetTableNode())
        found[series.GetName()] = (
            list(columns[chart.GetXAxisTitle()]),
            list(columns[series.GetName()]),
            list(columns.get("case", [])),
        )
    return found


def test_the_front_is_a_chart_of_score_against_latency(section, project, mrml, again):
    recordCompression(project)
    again()
    chart = section.chart()
    assert chart.GetXAxisLogScale()
    assert chart.GetXAxisTitle() == "Time of a patch (ms, onnxruntime)"
    assert chart.GetYAxisTitle() == "Dice"
    assert "6 validation cases" in chart.GetTitle()
    found = points(chart)
    times, _scores, names = found["Front"]
    assert names == [f"{STUDENT}-int8", f"{NAME}-control-int8"]
    assert times == sorted(times)
    assert found["Taken"] == ([2.0], [0.9], [f"{STUDENT}-int8"])
    assert set(found["Teacher and control"][2]) == {f"{NAME}-teacher", f"{NAME}-control"}
    np.testing.assert_allclose(found["95 % of the better of teacher and control"][1], 0.95 * 0.91)
    drawn = [name for series, (_x, _y, labels) in found.items() if series != "Front" for name in labels]
    assert sorted(drawn) == sorted(one.name for one in section.view.models), "each model is one point"
    assert section.chart() is chart, "kept up to date, not doubled"
    section.setProject(None)
    assert marked_nodes(mrml, role="compression front") == []


def test_models_without_a_score_are_no_points(section, project, again):
    folder = recordCompression(project)
    facts = read_json(folder / "front.json")
    for one in facts["candidates"]:
        one["score"] = one["ratio"] = one["low"] = one["high"] = None
    write_json(folder / "front.json", {**facts, "taken": None, "front": []})
    again()
    assert section.chart() is None
    assert section.view.rows()[0][3] == "–"
