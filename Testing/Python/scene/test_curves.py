from __future__ import annotations

from medopt.scene import learning_charts, plot_from_chart

EVENTS = [
    {"kind": "log", "text": "started"},
    {"kind": "metric", "step": 10, "epoch": 1, "minutes": 0.1, "train_loss": 1.5, "learning_rate": 0.01},
    {
        "kind": "metric",
        "step": 20,
        "train_loss": 1.0,
        "validation_loss": 1.1,
        "validation_dice": 0.5,
        "validation_dice_by_structure": {"Anterior": 0.4, "Posterior": 0.6},
    },
    {"kind": "metric", "step": 30, "train_loss": 0.9},
]


def points(chart, name):
    series = next(series for series in chart.series if series.name == name)
    return list(zip(series.x, series.y, strict=True))


def test_events_become_curves():
    loss, dice = learning_charts(EVENTS, run="first")
    assert (loss.title, dice.title) == ("first: Loss", "first: Dice")
    assert points(loss, "Training") == [(10, 1.5), (20, 1.0), (30, 0.9)]
    assert points(loss, "Validation") == [(20, 1.1)]
    assert points(dice, "Mean") == [(20, 0.5)]
    assert points(dice, "Posterior") == [(20, 0.6)]
    assert dice.y_range == (0.0, 1.0)


def test_a_resumed_run_shows_the_later_value_of_a_step():
    loss, _ = learning_charts([*EVENTS, {"kind": "metric", "step": 20, "train_loss": 2.0}])
    assert points(loss, "Training") == [(10, 1.5), (20, 2.0), (30, 0.9)]


def test_a_structure_named_training_is_no_loss():
    event = {"kind": "metric", "step": 1, "train_loss": 1.0, "validation_dice_by_structure": {"Training": 0.5}}
    loss, dice = learning_charts([event])
    assert points(loss, "Training") == [(1, 1.0)]
    assert points(dice, "Training") == [(1, 0.5)]


def test_the_score_of_another_task_names_the_axes():
    event = {"kind": "metric", "step": 1, "validation_auc": 0.7, "validation_auc_by_structure": {"Sick": 0.7}}
    loss, score = learning_charts([event | {"validation_metric": "auc"}], run="first")
    assert (score.title, score.y_title, loss.y_title) == ("first: AUC", "AUC of validation cases", "Loss")
    assert points(score, "Sick") == points(score, "Mean") == [(1, 0.7)]


def test_no_events_give_empty_charts(scene):
    for chart in learning_charts([]):
        assert chart.series == ()
        assert plot_from_chart(scene, chart).GetNumberOfPlotSeriesNodes() == 0
