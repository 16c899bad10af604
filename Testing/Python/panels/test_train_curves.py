"""Learning curves that grow with the events of a run."""

import pytest
from MedOptTrainLib.curves import LearningCurves

from medopt.events import JsonLines
from medopt.scene import marked_nodes
from medopt.scene.tables import columns_from_table


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run-001"
    folder.mkdir()
    return folder


def tell(folder, **fields):
    with open(folder / "events.jsonl", "a", encoding="utf-8") as stream:
        JsonLines(stream).emit("metric", **fields)


def points(node):
    table = node.GetNthPlotSeriesNode(0).GetTableNode()
    return [list(cells) for cells in columns_from_table(table).values()]


def test_the_charts_grow_in_place(mrml, run):
    curves = LearningCurves(mrml)
    tell(run, step=10, epoch=1, minutes=0.1, train_loss=1.2, learning_rate=0.01)
    curves.follow(run)
    loss = curves.node("loss")
    assert points(loss) == [[10.0], [1.2]]
    tell(run, step=20, epoch=2, minutes=0.2, train_loss=0.8, validation_dice=0.5, validation_loss=0.9)
    assert curves.update()
    assert curves.node("loss") is loss
    assert points(loss) == [[10.0, 20.0], [1.2, 0.8]]
    assert points(curves.node("dice")) == [[20.0], [0.5]]
    assert curves.text == "run-001: step 20 · 0.2 min · training loss 0.800 · validation Dice 0.500"
    assert not curves.update()


def test_the_score_is_that_of_the_task(mrml, run):
    curves = LearningCurves(mrml)
    tell(run, step=20, validation_map50=0.5, validation_metric="map50")
    curves.follow(run)
    assert curves.text == "run-001: step 20 · validation mAP50 0.500"
    assert curves.node("dice").GetTitle() == "run-001: mAP50"


def test_speed_and_warnings_are_told(mrml, run):
    curves = LearningCurves(mrml)
    with open(run / "events.jsonl", "a", encoding="utf-8") as stream:
        for level, text in (("info", "Run run-001"), ("warning", "a GPU is there and cannot be used")):
            JsonLines(stream).emit("message", level=level, text=text)
            JsonLines(stream).emit("message", level=level, text=text)
    curves.follow(run)
    assert curves.text == "run-001: no measurement yet\n⚠ a GPU is there and cannot be used"
    tell(run, step=10, samples_per_s=12.34, data_wait_share=0.02)
    assert curves.update()
    assert curves.text.splitlines()[0] == "run-001: step 10 · 12.3 samples/s"
    tell(run, step=20, samples_per_s=12.34, data_wait_share=0.4)
    curves.update()
    assert "waits for data 40% of the time" in curves.text
    assert curves.text.count("⚠") == 1


def test_another_run_takes_the_same_charts(mrml, run, tmp_path):
    curves = LearningCurves(mrml)
    tell(run, step=10, train_loss=1.2)
    curves.follow(run)
    other = tmp_path / "run-002"
    other.mkdir()
    tell(other, step=5, train_loss=2.0)
    curves.follow(other)
    assert len(marked_nodes(mrml, role="learning loss")) == 1
    assert points(curves.node("loss")) == [[5.0], [2.0]]
    assert "run-002" in curves.node("loss").GetTitle()


def test_charts_come_back_after_the_scene_was_closed(mrml, run):
    curves = LearningCurves(mrml)
    tell(run, step=10, train_loss=1.2)
    curves.follow(run)
    mrml.Clear(False)
    assert points(curves.node("loss")) == [[10.0], [1.2]]


def test_a_run_without_measurements_has_no_chart(mrml, run):
    curves = LearningCurves(mrml)
    assert "No run is shown" in curves.text
    curves.follow(run)
    assert curves.node("dice") is None
    assert curves.text == "run-001: no measurement yet"
    assert marked_nodes(mrml) == []
