"""The picture of a cohort with its core set."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from medopt.labelling.cohort_map import CohortMap, CohortPoint, CoverageStep
from medopt.report.figures.canvas import to_png, to_svg
from medopt.report.figures.core_set import draw_core_set

POINTS = (
    CohortPoint("a", 0.0, 0.0, "chosen", 1, "a", "Seoul"),
    CohortPoint("b", 1.0, 0.5, "added", 2, "b", "Mainz"),
    CohortPoint("c", 0.2, 0.1, "other", 0, "a", "Seoul"),
    CohortPoint("d", 0.9, 0.4, "labelled", 0, "d", "Mainz"),
    CohortPoint("e", 0.0, 0.0, "repeated", 0, "a", "Mainz"),
)
STEPS = tuple(CoverageStep(n, 2.0 / n, 3.0 / n, 2.5 / n, 3.5 / n) for n in (1, 2))


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()).strip() for node in ET.fromstring(svg).iter() if node.tag.endswith("text")]


def test_it_names_roles_with_their_number_and_both_coverages():
    drawing = draw_core_set(CohortMap(POINTS, STEPS))
    said = texts(to_svg(drawing, "x"))
    for wanted in ("core set (n = 1)", "added by hand (n = 1)", "labelled (n = 1)", "other (n = 1)", "Seoul", "Mainz"):
        assert wanted in said
    assert "random 1.50" in said
    assert "core set 1.00" in said
    assert {"1", "2"} <= set(said)
    assert "5 cases" in drawing.caption
    assert to_png(drawing, dots_per_inch=60)[:4] == b"\x89PNG"


def test_a_large_core_set_has_no_numbers_and_many_strata_no_colours():
    points = tuple(CohortPoint(f"c{n}", n, n % 7, "chosen", n + 1, f"c{n}", f"site {n}") for n in range(50))
    said = texts(to_svg(draw_core_set(CohortMap(points, STEPS[:1])), "x"))
    assert "core set (n = 50)" in said
    assert not any(text.startswith("site") for text in said)
    assert "37" not in said


@pytest.mark.parametrize("steps", [(), STEPS])
def test_one_case_and_none(steps):
    assert draw_core_set(CohortMap((), steps)) is None
    to_svg(draw_core_set(CohortMap((CohortPoint("c", 0.2, 0.1, "other", 0, None),), ())), "x")
