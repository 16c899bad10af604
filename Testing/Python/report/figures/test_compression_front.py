"""The chart of smaller models: each is there, and what was taken is said."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")

from medopt.report.figures.canvas import to_png, to_svg
from medopt.report.figures.compression_front import FrontPoint, draw_front

POINTS = (
    FrontPoint("teacher, 32 bit", 120.0, 0.88, 5_600_000, on_front=True, is_reference=True),
    FrontPoint("pruned-50, 8 bit", 30.0, 0.878, 700_000, on_front=True, is_taken=True),
    FrontPoint("width-25, 8 bit", 8.0, 0.84, 100_000, on_front=True),
)


def test_every_model_is_named_and_the_taken_one_is_marked() -> None:
    svg = to_svg(draw_front(POINTS, "Dice", 20, 0.8712), "front")
    shown = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"teacher, 32 bit", "pruned-50, 8 bit (taken)", "width-25, 8 bit"} <= set(shown)
    assert {"milliseconds a patch", "Dice of 20 validation cases", "10", "20", "50", "100"} <= set(shown)


def test_the_same_models_give_the_same_bytes_and_none_is_drawn_empty() -> None:
    assert to_svg(draw_front(POINTS, "Dice", 20), "f") == to_svg(draw_front(POINTS, "Dice", 20), "f")
    assert to_png(draw_front((), "Dice", 0), dots_per_inch=50).startswith(b"\x89PNG")
