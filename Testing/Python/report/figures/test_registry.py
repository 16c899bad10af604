"""Every figure draws a finished run, gives nothing for one without numbers, and survives odd ones."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from medopt.metrics import METRICS
from medopt.report.figures import FIGURES, to_png, to_svg
from medopt.report.history import History, Point
from medopt.report.record import Record, read_record
from medopt.validation import CaseScore, Results, Structure, ValidationSettings
from medopt.validation.summary import summarize


@pytest.fixture
def record(run_folder: Path) -> Record:
    return read_record(run_folder)


def texts(record: Record, name: str) -> list[str]:
    """All texts in a figure."""
    svg = to_svg(FIGURES[name].draw(record), name)
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def measured(record: Record, values: dict[str, list[float | None]]) -> Record:
    """The record with other results: for each structure a value of every metric for each case."""
    names = list(values)
    cases = tuple(
        CaseScore(f"case-{n}", f"sub-{n}", name, dict.fromkeys(METRICS, value), 1.0 + 0.1 * n, 1.1, "none")
        for n in range(len(values[names[0]]))
        for name, value in ((name, values[name][n]) for name in names)
    )
    structures = tuple(Structure(n, name) for n, name in enumerate(names, 1))
    return replace(
        record, results=Results("test", "r", structures, ValidationSettings(), cases, summarize(cases, names))
    )


OF_SEGMENTATION = ["learning-curves", "case-order", "metric-strips", "volume-agreement"]


@pytest.mark.parametrize("name", OF_SEGMENTATION)
def test_a_finished_run(record: Record, name: str) -> None:
    drawing = FIGURES[name].draw(record)
    assert drawing is not None
    assert drawing.caption.endswith(".")
    assert to_png(drawing, dots_per_inch=40).startswith(b"\x89PNG")
    found = texts(record, name)
    for info in record.structures:
        assert info.name in found
        assert info.look.color in to_svg(drawing, name)


@pytest.mark.parametrize("name", list(FIGURES))
def test_nothing_to_draw(record: Record, name: str) -> None:
    assert FIGURES[name].draw(replace(record, results=None, history=History())) is None


@pytest.mark.parametrize("name", ["case-order", "metric-strips", "volume-agreement"])
@pytest.mark.parametrize(
    "values",
    [
        {"A": [0.5]},
        {"A": [0.0, 0.0, 0.0]},
        {"A": [1.0] * 6, "B": [None] * 6},
        {"A": [0.2, None, 0.9], "B": [None, None, 0.4]},
        {f"structure {n}": [0.1 * n, 0.2, 0.5] for n in range(10)},
        {"$a_b$ <x>": [0.5, 0.6, 0.7]},
    ],
)
def test_few_equal_missing_and_many_values(record: Record, name: str, values: dict) -> None:
    other = measured(record, values)
    drawing = FIGURES[name].draw(other)
    assert drawing is not None
    ElementTree.fromstring(to_svg(drawing, name))


def test_a_thousand_cases(record: Record) -> None:
    other = measured(record, {"A": [(n % 97) / 97 for n in range(1000)]})
    assert len(to_svg(FIGURES["metric-strips"].draw(other), "s")) < 3_000_000


def test_the_worst_cases_are_named_and_no_others(record: Record) -> None:
    found = texts(measured(record, {"A": [0.9, 0.1, 0.8, 0.2, 0.7, 0.3]}), "case-order")
    assert [t for t in found if t.startswith("case-")] == ["case-1", "case-3", "case-5"]


def test_the_best_validation_is_told_in_the_learning_curves(record: Record) -> None:
    points = tuple(Point(n, n / 2, train_loss=1 / n, score=d) for n, d in ((1, 0.3), (2, 0.81), (3, 0.7)))
    assert "best 0.810" in texts(replace(record, history=History(points)), "learning-curves")


def test_learning_curves_without_validation_say_so(record: Record) -> None:
    points = tuple(Point(n, n / 2, train_loss=1 / n) for n in range(1, 4))
    assert "no validation during training" in texts(replace(record, history=History(points)), "learning-curves")


def test_a_structure_without_values_says_so(record: Record) -> None:
    found = texts(measured(record, {"A": [0.5, 0.6], "B": [None, None]}), "metric-strips")
    assert any("not defined for any case" in text for text in found)
