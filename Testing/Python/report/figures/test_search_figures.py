"""The figures of a search: positions by hand, every state drawn, and the same bytes twice."""

from __future__ import annotations

import math
import re

import pytest

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")

from medopt.report.figures import to_png, to_svg
from medopt.report.figures.importance import direction, draw_importance
from medopt.report.figures.parallel_coordinates import draw_parallel_coordinates, marks, position
from medopt.report.figures.search_history import draw_search_history

search = pytest.importorskip("medopt.training.search", reason="torch is not installed")
Dimension, Importance, Trial = search.Dimension, search.Importance, search.Trial

RATE = Dimension(field="training.learning_rate", kind="log", low=1e-4, high=1.0)
SHARE = Dimension(field="training.foreground_share", kind="linear", low=0.2, high=0.8)
BATCH = Dimension(field="training.batch_size", kind="whole", low=1, high=4)
KIND = Dimension(field="training.optimiser", kind="choice", choices=("adamw", "sgd", "other"))
SPACE = (RATE, SHARE, BATCH, KIND)
SETTINGS = search.SearchSettings(dimensions=SPACE, trials=12, rounds=2)


def trials() -> list:
    states = ["done", "pruned", "done", "failed", "done", "done", "done", "pruned", "done", "done", "done", "running"]
    found = []
    for number, state in enumerate(states):
        values = (10 ** (-4 + number / 3), 0.2 + number / 20, 1 + number % 4, ("adamw", "sgd", "other")[number % 3])
        named = dict(zip((one.field for one in SPACE), values, strict=True))
        score = None if state in ("failed", "running") else 0.5 + 0.03 * number
        found.append(Trial(number, int(number >= 9), 1.0, named, state=state, score=score))
    return found


def test_positions_by_hand() -> None:
    assert position(RATE, 0.01) == pytest.approx(0.5)
    assert position(SHARE, 0.5) == pytest.approx(0.5)
    assert position(BATCH, 2) == pytest.approx(1 / 3)
    assert [position(KIND, one) for one in KIND.choices] == [0.0, 0.5, 1.0]
    assert position(Dimension(field="x", kind="linear", low=1, high=1), 1.0) == 0.5


def test_marks_along_an_axis() -> None:
    assert [text for _, text in marks(RATE)] == ["0.0001", "0.001", "0.01", "0.1", "1"]
    assert [text for _, text in marks(KIND)] == ["adamw", "sgd", "other"]
    assert [text for _, text in marks(BATCH)] == ["1", "2", "3", "4"]
    places = [place for place, _ in marks(SHARE)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0.0, 1.0)


def test_a_line_for_each_trial_with_a_score() -> None:
    given = trials()
    drawing = draw_parallel_coordinates(SPACE, SPACE, given, given[10], "Dice")
    assert drawing is not None
    svg = to_svg(drawing, "pc")
    lines = [
        path for path in re.findall(r'<path d="(M [^"]*)"', svg) if path.count("L ") == len(SPACE) and "z" not in path
    ]
    assert len(re.findall(r"stroke-dasharray", svg)) >= 2  # two were ended early
    assert len(lines) == 10
    for text in ("learning rate", "foreground share", "Dice", "0.800"):
        assert text in svg
    assert to_png(drawing) == to_png(drawing)
    assert "10 trials" in drawing.caption


def test_the_history_tells_rounds_and_the_best() -> None:
    given = trials()
    drawing = draw_search_history(search.plan_rounds(SETTINGS), given, given[10], "Dice")
    assert drawing is not None
    svg = to_svg(drawing, "h")
    for text in ("round 1: 0.33 of the time", "round 2: full time", "trial-0011: 0.8000"):
        assert text in svg


def test_importance_tells_shares_and_directions() -> None:
    given = [Importance("training.learning_rate", 0.7, -0.8), Importance("training.ema", 0.3, None)]
    drawing = draw_importance(given, 27)
    assert drawing is not None
    svg = to_svg(drawing, "i")
    assert "70%, lower is better" in svg
    assert "30%" in svg
    assert direction(Importance("x", 0.1, 0.29)) == ""
    assert direction(Importance("x", 0.1, 0.31)) == ", higher is better"


def test_nothing_to_draw() -> None:
    assert draw_parallel_coordinates(SPACE, SPACE, [], None, "Dice") is None
    assert draw_search_history(search.plan_rounds(SETTINGS), [], None, "Dice") is None
    assert draw_importance((), 0) is None
    one = Trial(0, 0, 1.0, trials()[0].values, state="done", score=0.5)
    drawing = draw_parallel_coordinates(SPACE, SPACE, [one], one, "Dice")
    assert drawing is not None
    assert math.isfinite(len(to_png(drawing)))
