"""The picture of agreement: drawn for every task, the same bytes for the same figures."""

from __future__ import annotations

import pytest

pytest.importorskip("matplotlib", reason="the picture is drawn with matplotlib")

from medopt.labelling.agreement import EVERYBODY, Agreement, AgreementRow, CaseRow, RaterRow
from medopt.report.agreement_picture import MOST_ROWS, draw_agreement
from medopt.report.figures.canvas import to_png, to_svg
from medopt.validation import Interval

HALF = Interval(0.5, 0.4, 0.6, 7, 7)


def agreement(rows: list[AgreementRow], raters: tuple[RaterRow, ...] = ()) -> Agreement:
    cases = (CaseRow("case-1", "s1", "kim", "lee", "Front", "dice", 0.45),)
    return Agreement("segmentation", ("kim", "lee"), ("case-1",), 2, 0, 1.0, tuple(rows), raters, cases)


def test_pairs_classes_and_levels_are_named() -> None:
    rows = [AgreementRow("kim", "lee", name, m, HALF) for name in ("mean", "Front", "Back") for m in ("dice", "nsd")]
    found = agreement(rows, (RaterRow("kim", "Front", HALF, HALF),))
    svg = to_svg(draw_agreement(found), "x")
    for text in ("Dice", "NSD", "against the consensus", "Front  kim – lee", "mean  kim – lee", "sensitivity"):
        assert f">{text}<" in svg
    assert "1 case, 2 annotators" in draw_agreement(found).caption
    assert to_png(draw_agreement(found)) == to_png(draw_agreement(found))


def test_what_is_not_defined_is_said() -> None:
    nothing = Interval(None, None, None, 3, 3, "not defined for these cases")
    assert ">not defined<" in to_svg(draw_agreement(agreement([AgreementRow("a", "b", "all", "kappa", nothing)])), "x")
    assert ">nothing to compare<" in to_svg(draw_agreement(agreement([])), "x")


def test_of_many_pairs_those_that_agree_least_are_drawn() -> None:
    rows = [AgreementRow(EVERYBODY, "", "Front", "dice", Interval(0.99, None, None, 4, 4))]
    rows += [AgreementRow(f"a{n}", "b", "Front", "dice", Interval(n / 100, None, None, 4, 4)) for n in range(40)]
    svg = to_svg(draw_agreement(agreement(rows)), "x")
    assert ">Front  all annotators<" in svg
    assert f">Front  a{MOST_ROWS - 2} – b<" in svg
    assert f">Front  a{MOST_ROWS - 1} – b<" not in svg
    assert "agree least" in draw_agreement(agreement(rows)).caption
