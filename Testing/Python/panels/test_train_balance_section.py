"""The target of balancing in the recipe, and the chart of the classes."""

from __future__ import annotations

import numpy as np
import pytest

from medopt.scene import marked_nodes

pytest.importorskip("medopt.augment.balance")
pytest.importorskip("medopt.scene.balance_chart")


@pytest.fixture
def balance(previews, project):
    """Two labelled cases of both classes, and one that holds the first class alone."""
    from standins.material import blob

    project.save_label("case-2", blob((1,)), annotator="me")
    previews.case.refresh()
    previews.case.setProject(project)
    return previews.balance


def test_the_target_stands_in_the_recipe(previews, balance):
    assert balance.target == 0
    balance.setTarget(0.5)
    assert previews.recipe.values["balance"]["target"] == 0.5
    previews.recipe.set("balance.target", "0.75")
    assert balance.target == 0.75
    previews.recipe.setPart("balance", {"target": 0.75, "method": "copies", "limit": 3.0})
    balance.setTarget(0.25)
    assert previews.recipe.values["balance"] == {"target": 0.25, "method": "copies", "limit": 3.0}


def test_a_wrong_balance_in_the_table_is_told(previews, balance):
    previews.recipe.setPart("balance", {"target": 7})
    assert balance.settings is None
    assert "Correct balance" in balance.buttons()["balanceButton"].toolTip


def test_cases_are_counted_as_the_catalogue_knows_them(balance):
    np.testing.assert_array_equal(balance._counts(), [[1, 1], [1, 1], [1, 0]])


def test_the_chart_comes_follows_the_target_and_goes(previews, balance):
    scene = previews.stage.scene
    before = scene.GetNumberOfNodes()
    node = balance.chart()
    assert balance.plotted
    assert "3 cases an epoch" in balance.text
    balance.setTarget(1.0)
    assert balance.chart() is node
    assert "Posterior" in balance.text, "its cases hold the commoner class too"
    balance.removeChart()
    assert not balance.plotted
    assert scene.GetNumberOfNodes() == before
    assert balance.text == ""


def test_another_project_takes_the_chart_away(previews, balance):
    balance.chart()
    previews.setProject(None)
    assert not marked_nodes(previews.stage.scene, role="class balance")
    assert "project" in balance.buttons()["balanceButton"].toolTip or previews.recipe.hasProject
