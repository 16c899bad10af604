"""Reports and cards of classification and detection: every figure with n and interval, pictures, and a verdict."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.project import Project
from medopt.report import make_card, make_report, make_report_files
from medopt.report.blocks import CaseBlock, FigureBlock, Table
from medopt.report.box_case_pictures import DrawnBox, draw_box_case, read_boxes
from medopt.report.class_case_pictures import draw_class_case
from medopt.report.figures import FIGURES, to_svg
from medopt.report.record import read_record
from medopt.report.sections import box_pictures, class_pictures, scores
from medopt.report.sections.sensitivities import rate_table
from medopt.report.verdict import headline
from medopt.validation import MEAN, BoxCase, BoxOutcome, BoxResults, ClassResults, ValidationSettings
from medopt.validation.class_summary import summarize_classes
from medopt.validation.ranking import OPERATING_SCORE, ranked_boxes, ranked_classes


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return ["".join(t.itertext()) for t in root.iter() if t.tag.endswith("text")]


@pytest.mark.parametrize("name", ["class-curves", "confusion", "class-histograms", "reliability", "learning-curves"])
def test_figures_of_classes_name_the_classes_with_n(classified_run: Path, name: str) -> None:
    record = read_record(classified_run)
    drawing = FIGURES[name].draw(record)
    assert drawing.caption.endswith(".")
    found = " ".join(texts(to_svg(drawing, name)))
    for info in record.structures:
        assert info.name in found
    if name == "class-curves":
        row = record.results.row("Viral", "auroc")
        n = sum("Viral" in case.present for case in record.results.cases)
        assert f"Viral {row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}], n = {n} of 54" in found
    if name == "reliability":
        row = record.results.row("Viral", "ece")
        assert f"error {row.estimate:.3f} ({row.by_chance:.3f})" in found
    if name == "learning-curves":
        assert "Validation AUC" in found
        assert "AUC on" in drawing.caption


def test_boxes_have_a_table_of_sensitivities_at_rates(detected_run: Path) -> None:
    record = read_record(detected_run)
    table = rate_table(record)
    assert table is not None
    row = record.results.row("Node", "sensitivity_fp1")
    (node,) = (cells for cells in table.rows if cells[0].text == "Node")
    assert node[4].text == f"{row.estimate:.3f}"
    assert node[4].small.startswith("[")
    assert node[-2].text == str(row.n_boxes)
    assert table in scores.build(record, None).blocks
    text = (make_report_files(detected_run) / "sensitivities.csv").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1 + 7 * len(table.rows)


def test_figures_of_boxes_name_the_classes_with_n(detected_run: Path) -> None:
    record = read_record(detected_run)
    found = texts(to_svg(FIGURES["box-curves"].draw(record), "box-curves"))
    row = record.results.row("Node", "froc")
    assert f"Node {row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}], n = {row.n_boxes}" in found
    assert {"1/8", "1/4", "1/2", "1", "2", "4", "8"} <= set(found)


@pytest.mark.parametrize("name", ["case-order", "metric-strips", "volume-agreement", "box-curves"])
def test_figures_of_one_task_are_not_drawn_for_another(classified_run: Path, name: str) -> None:
    assert FIGURES[name].draw(read_record(classified_run)) is None


def test_of_two_exclusive_classes_one_is_shown(classified_run: Path) -> None:
    record = read_record(classified_run)
    results = record.results
    cases = tuple(
        replace(
            case,
            present=("Normal",) if case.present == ("Normal",) else ("Viral",),
            predicted=("Normal",) if case.predicted == ("Normal",) else ("Viral",),
            probabilities={
                "Normal": case.probabilities["Normal"],
                "Viral": 1 - case.probabilities["Normal"],
            },
        )
        for case in results.cases
    )
    two = replace(
        results,
        structures=(results.structures[0], results.structures[2]),
        cases=cases,
        summary=summarize_classes(cases, ["Normal", "Viral"]),
    )
    drawing = FIGURES["class-curves"].draw(replace(record, results=two))
    assert "mirror image" in drawing.caption
    found = texts(to_svg(drawing, "c"))
    assert not any(text.startswith("Normal") for text in found)


@pytest.mark.parametrize("n", [1, 4])
def test_few_cases_have_curves_without_bands(classified_run: Path, n: int) -> None:
    record = read_record(classified_run)
    results = record.results
    few = replace(
        results,
        cases=results.cases[:n],
        summary=summarize_classes(results.cases[:n], [s.name for s in results.structures]),
    )
    for name in ("class-curves", "confusion", "class-histograms", "reliability"):
        ElementTree.fromstring(to_svg(FIGURES[name].draw(replace(record, results=few)), name))


def test_the_table_of_classes_has_every_figure_with_n(classified_run: Path) -> None:
    record = read_record(classified_run)
    table = next(b for b in scores.build(record, None).blocks if isinstance(b, Table))
    assert len(table.rows) == len(record.results.summary)
    rows = {tuple(cell.text for cell in row) for row in table.rows}
    row = record.results.row("Viral", "sensitivity")
    assert ("", "Viral", f"{row.estimate:.3f}", f"[{row.low:.3f}, {row.high:.3f}]", str(row.n), str(row.n)) in rows
    figures = [b.name for b in scores.build(record, None).blocks if isinstance(b, FigureBlock)]
    assert figures == ["class-curves", "confusion", "class-histograms", "reliability"]
    row = record.results.row("Viral", "ece")
    assert ("", "Viral", f"{row.estimate:.3f}", f"chance: < {row.by_chance:.3f}", str(row.n), str(row.n)) in rows


def test_the_headline_of_classes(classified_run: Path) -> None:
    record = read_record(classified_run)
    head, row = headline(record), record.results.row(MEAN, "auroc")
    assert (head.value, head.interval) == (f"{row.estimate:.3f}", f"[{row.low:.3f}, {row.high:.3f}]")
    assert head.of_what == "mean AUROC over Normal, Bacterial and Viral"
    right = sum(case.right for case in record.results.cases)
    assert f"{right} of 54 cases are classified right." in head.sentences
    assert any(s.startswith("Against the training cases: ") for s in head.sentences)
    assert headline(replace(record, results=None)).of_what == "AUROC"


def test_the_headline_of_boxes(detected_run: Path) -> None:
    record = read_record(detected_run)
    head = headline(record)
    assert head.of_what == "mAP50 over Nodule and Node"
    n = record.results.row(MEAN, "ap50").n_boxes
    assert head.n.endswith(f"n = 14 subjects, {n} boxes")
    assert any(s.startswith("At one false box an image it finds ") for s in head.sentences)


def test_the_worst_cases_of_classes_are_shown_with_their_probabilities(classified_run: Path) -> None:
    record = read_record(classified_run)
    project = Project.open(classified_run.parent.parent)
    blocks = [b for b in class_pictures.build(record, project).blocks if isinstance(b, CaseBlock)]
    ranked = ranked_classes(record.results)
    assert [b.case for b in blocks] == [case.case for case in ranked[:6]]
    assert ranked[0].agreement == min(case.agreement for case in record.results.cases)
    words = texts(blocks[0].svg)
    for name, p in ranked[0].probabilities.items():
        assert name in words
        assert f"{p:.2f}" in words
    assert words.count("reference") == 1


def test_many_classes_and_volumes_fit_a_picture(classified_run: Path) -> None:
    record = read_record(classified_run)
    sure = {f"class {n}": n / 30 for n in range(30)}
    case = replace(record.results.cases[0], probabilities=sure, present=("class 0",), predicted=("class 29",))
    image = Image(np.random.default_rng(1).normal(size=(1, 6, 20, 30)), Geometry((6, 20, 30), (3.0, 1.0, 1.0)))
    svg = draw_class_case(record, image, case, "t")
    words = [text for text in texts(svg) if text.startswith("class ")]
    assert len(words) == 10
    assert {"class 0", "class 29"} <= set(words)
    assert svg.count("<image ") == 3


def test_pictures_of_boxes_tell_missed_and_false_ones_by_their_lines(detected_run: Path) -> None:
    record = read_record(detected_run)
    project = Project.open(detected_run.parent.parent)
    for item in ranked_boxes(record.results):
        _, boxes = read_boxes(project, record, item.case)
        kinds = [box.kind for box in boxes]
        assert (kinds.count("missed"), kinds.count("reference")) == (item.missed, item.found)
        assert (kinds.count("false"), kinds.count("prediction")) == (item.false, item.found)
        assert all(box.score is None or box.score >= OPERATING_SCORE for box in boxes)
    blocks = [b for b in box_pictures.build(record, project).blocks if isinstance(b, CaseBlock)]
    assert all(b.svg for b in blocks)
    assert len({b.case for b in blocks}) == len(blocks)


def test_a_box_lies_where_its_voxels_are() -> None:
    array = np.zeros((1, 1, 20, 30), np.uint8)
    array[0, 0, 4:9, 10:18] = 255
    image = Image(array, Geometry((1, 20, 30), (1.0, 2.0, 1.0)))
    box = DrawnBox(np.array([[-0.5, 3.5, 9.5], [0.5, 8.5, 17.5]]), "missed", "#ff0000")
    svg = draw_box_case(image, [box], "t")
    width, height = (float(v) for v in re.search(r'<rect width="([\d.]+)" height="([\d.]+)" fill="#000"', svg).groups())
    path = re.search(r'class="box missed" d="M([\d.]+) ([\d.]+)H([\d.]+)V([\d.]+)', svg)
    x0, y0, x1, y1 = (float(v) for v in path.groups())
    assert (x0 / width, x1 / width) == pytest.approx((10 / 30, 18 / 30), abs=1e-3)
    assert (y0 / height, y1 / height) == pytest.approx((4 / 20, 9 / 20), abs=1e-3)


def test_a_missing_prediction_costs_one_picture(detected_run: Path) -> None:
    record = replace(read_record(detected_run), subset="elsewhere")
    project = Project.open(detected_run.parent.parent)
    with pytest.raises(MedOptError, match="the prediction is missing"):
        read_boxes(project, record, record.results.cases[0])


def test_a_box_found_by_an_unsure_one_only_counts_as_missed() -> None:
    boxes = (BoxOutcome("a", "found", 0.1, 0.8, 0, 0), BoxOutcome("a", "false", 0.2, predicted=1))
    results = BoxResults("test", "m", (), ValidationSettings(), (BoxCase("c", "s", boxes),), ())
    (item,) = ranked_boxes(results)
    assert (item.found, item.missed, item.false, item.mean_iou, item.surest_false) == (0, 1, 0, None, 0.2)


@pytest.mark.parametrize("task", ["classified_run", "detected_run"])
def test_the_page_is_complete_and_the_same_again(request: pytest.FixtureRequest, tmp_path: Path, task: str) -> None:
    run = request.getfixturevalue(task)
    one = make_report(run, output=tmp_path / "one.html").read_bytes()
    assert make_report(run, output=tmp_path / "two.html").read_bytes() == one
    page = one.decode()
    assert str(run.parent.parent) not in page
    assert "No picture" not in page
    shown = read_record(run)
    assert page.count("<figure") >= 4 + len(shown.structures)
    alone = make_report(run, output=tmp_path / "alone.html", subset="train").read_text()
    assert "too good for new subjects" in alone


def test_cards_tell_what_goes_out_and_how_good_it_is(classified_run: Path, detected_run: Path) -> None:
    card = make_card(classified_run)
    row = read_record(classified_run).results.row(MEAN, "accuracy")
    assert "Tells apart Normal, Bacterial and Viral" in card
    assert "the probability of each class: 1 Normal, 2 Bacterial, 3 Viral." in card
    assert f"| all classes | Accuracy | {row.estimate:.3f} | [{row.low:.3f}, {row.high:.3f}] | 54 | 54 | 0 |" in card
    assert "Intervals: DeLong for AUROC, Wilson for rates, bootstrap over subjects." in card
    card = make_card(detected_run)
    assert "Finds Nodule and Node" in card
    assert "boxes in the patient (mm)" in card
    assert "| mean over classes | AP50 |" in card


def test_nothing_could_be_measured(classified_run: Path) -> None:
    record = read_record(classified_run)
    none = ClassResults("test", "m", record.results.structures, True, ValidationSettings(), (), ())
    empty = replace(record, results=none, gap=None)
    assert class_pictures.build(empty, None) is None
    assert headline(empty).n == "not measured yet"
