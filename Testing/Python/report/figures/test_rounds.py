"""The chart of the rounds: what it shows of figures made by hand."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")

from medopt.labelling.bias import measure_bias
from medopt.labelling.estimate import Estimate
from medopt.labelling.forecast import Forecast
from medopt.labelling.round_figures import Course, RoundFigures
from medopt.report.figures.canvas import to_png, to_svg
from medopt.report.figures.rounds import draw_rounds, forecast_text

ROUNDS = (
    RoundFigures(0, 6, None, Estimate(240, 200, 280, 6), Estimate(1500, 1200, 1800, 6), None, None),
    RoundFigures(
        1, 12, Estimate(0.8, 0.75, 0.84, 12), Estimate(90, 80, 100, 12), Estimate(400, 300, 500, 12), None, None
    ),
    RoundFigures(
        2, 3, Estimate(0.9, None, None, 3), Estimate(60, None, None, 3), None, None, Estimate(0.5, None, None, 2)
    ),
)


def course(*rounds: RoundFigures, forecast: Forecast | None = None, task: str = "segmentation") -> Course:
    return Course(tuple(rounds), forecast, measure_bias([]), "Dice", task)


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_every_round_stands_below_its_charts_with_its_n() -> None:
    shown = texts(to_svg(draw_rounds(course(*ROUNDS)), "rounds"))
    for title in ("Dice of proposals, before correction", "Seconds a case", "Added path length a case (voxels)"):
        assert title in shown
    assert shown.count("n = 12") == 3
    assert shown.count("n = 6") == 2
    assert shown.count("n = 2") == 1
    assert "not known yet" not in shown


def test_nothing_known_is_said() -> None:
    shown = texts(to_svg(draw_rounds(course(ROUNDS[0], task="detection")), "rounds"))
    assert shown.count("not known yet") == 2
    assert "Corrections a case" in shown


def test_the_forecast_stands_above() -> None:
    made = course(*ROUNDS, forecast=Forecast(80, 75.0, 1.67, 1.4, 2.0, 15))
    assert forecast_text(made) == "Left: 80 cases, about 1.7 h [1.4 to 2.0], as the last 15 timed cases went"
    assert forecast_text(made) in texts(to_svg(draw_rounds(made), "rounds"))
    assert forecast_text(course(*ROUNDS)) == ""


def test_the_same_course_gives_the_same_bytes() -> None:
    one, two = (to_png(draw_rounds(course(*ROUNDS)), dots_per_inch=60) for _ in range(2))
    assert one == two
    assert one.startswith(b"\x89PNG")
