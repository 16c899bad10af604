"""The classes of an epoch as bars."""

from __future__ import annotations

import numpy as np

from medopt.augment.balance import BalanceSettings, balance
from medopt.scene.balance_chart import balance_chart
from medopt.scene.plots import plot_from_chart, remove_plot, update_plot

COUNTS = np.array([[1, 0]] * 9 + [[0, 1]] * 3)


def test_bars_before_and_after_and_the_target(scene) -> None:
    found = balance(COUNTS, BalanceSettings(target=0.5))
    node = plot_from_chart(scene, balance_chart(found, ["liver", "tumour"]))
    before, after, target = (node.GetNthPlotSeriesNode(n) for n in range(3))
    assert before.GetPlotType() == after.GetPlotType() == before.PlotTypeBar
    assert target.GetPlotType() == target.PlotTypeScatter
    table = after.GetTableNode().GetTable()
    heights = [table.GetColumnByName("after").GetValue(row) for row in range(2)]
    np.testing.assert_allclose(heights, found.after)
    assert [table.GetColumnByName("case").GetValue(row) for row in range(2)] == ["liver", "tumour"]
    wanted = target.GetTableNode().GetTable().GetColumnByName("target").GetValue(0)
    np.testing.assert_allclose(wanted, 0.5 * found.after.max())
    update_plot(scene, node, balance_chart(balance(COUNTS, BalanceSettings()), ["liver", "tumour"]))
    assert node.GetNumberOfPlotSeriesNodes() == 2  # no target, no line
    remove_plot(scene, node)
