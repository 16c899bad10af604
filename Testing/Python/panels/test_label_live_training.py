"""The model in training as its job tells it."""

from MedOptLabelLib.live_training import LiveTraining

from medopt.scene import marked_nodes
from medopt.scene.tables import columns_from_table


def metric(step, loss, dice=None):
    event = {"kind": "metric", "step": step, "minutes": step / 60, "train_loss": loss}
    return event if dice is None else {**event, "validation_dice": dice}


def points(node, name):
    for place in range(node.GetNumberOfPlotSeriesNodes()):
        series = node.GetNthPlotSeriesNode(place)
        if series.GetName() == name:
            return columns_from_table(series.GetTableNode())[name]
    raise AssertionError(name)


def test_a_chart_that_is_shown_grows(mrml):
    live = LiveTraining(mrml)
    assert not live.known
    assert live.node("loss") is None
    assert live.text == ""
    live.take({"kind": "started", "command": "train", "run": "round-001", "device": "cpu"})
    assert live.text == "round-001 on cpu"
    assert live.take(metric(10, 0.9))
    assert marked_nodes(mrml, role="teach loss") == [], "nobody asked for a chart"
    node = live.node("loss")
    assert points(node, "Training") == [0.9]
    live.take(metric(20, 0.7, 0.5))
    assert live.node("loss") is node
    assert points(node, "Training") == [0.9, 0.7]
    score = live.node("learning")
    assert score.GetTitle() == "round-001: Dice"
    live.take(metric(30, 0.6, 0.6))
    assert points(score, "Mean") == [0.5, 0.6]
    assert live.text == "round-001 on cpu · step 30 · 0.5 min · validation Dice 0.600"


def test_a_second_training_of_the_round_begins_its_own_curve(mrml):
    live = LiveTraining(mrml)
    live.take({"kind": "started", "run": "round-002", "device": "cpu"})
    live.take(metric(10, 0.9))
    node = live.node("loss")
    live.take({"kind": "started", "run": "round-002-scratch", "device": "cpu"})
    assert not live.known
    live.take(metric(5, 1.5))
    assert points(node, "Training") == [1.5]
    assert node.GetTitle() == "round-002-scratch: Loss"


def test_other_events_are_no_news(mrml):
    live = LiveTraining(mrml)
    assert not live.take({"kind": "started", "command": "teach"})
    assert not live.take({"kind": "progress", "stage": "training", "done": 1})
    assert live.text == ""


def test_a_chart_that_a_closed_scene_took_away_is_drawn_afresh(mrml):
    live = LiveTraining(mrml)
    live.take({"kind": "started", "run": "round-001"})
    live.take(metric(10, 0.9))
    assert live.node("loss") is not None
    mrml.Clear(False)
    assert live.take(metric(20, 0.8))
    assert points(live.node("loss"), "Training") == [0.9, 0.8]
