"""Results of classification and detection in the panel: tables, cases, plots, and what models say of a volume."""

import sys
from pathlib import Path

import numpy as np
import pytest
from MedOptValidateLib.result_plots import TRAINING_PLOT
from MedOptValidateLib.result_scene import ResultScene
from MedOptValidateLib.result_tables import CASE_HEADERS
from MedOptValidateLib.validator import Validator

from medopt import MedOptError
from medopt.files import write_json
from medopt.image import ClassLabel, Image
from medopt.io import write_image
from medopt.io.markups import NamedBox, write_markup_boxes
from medopt.project import ClassInfo, Project, import_folder
from medopt.scene import marked_nodes, volume_from_image
from medopt.scene.tables import columns_from_table
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from results_made import CLASSES, GRID, boxes_of, classified, detected

CASES = tuple(f"case-{n}" for n in range(6))


def measured(tmp_path, task):
    """A project of six cases with run-001, measured on the test part."""
    for case in CASES:
        write_image(Image(np.zeros((1, *GRID.shape), np.int16), GRID), tmp_path / "images" / f"{case}.nrrd")
    classes = [ClassInfo(value=c.value, name=c.name, color="#e69f00") for c in CLASSES]
    project = Project.create(tmp_path / "project", name="P", classes=classes, channels=["MR"], task=task)
    import_folder(project, tmp_path / "images")
    folder = project.runs_folder / "run-001"
    write_json(folder / "run.json", {"format": 1, "name": "run-001", "state": "done", "started": "2026-01-01"})
    names = {c.value: c.name for c in CLASSES}
    for number, case in enumerate(CASES):
        if task == "classification":
            project.save_label(case, ClassLabel(((1, 4)[number % 2],)), annotator="a")
            continue
        reference, prediction = boxes_of(number)
        project.save_label(case, reference, annotator="a")
        named = [NamedBox.of(box, names[box.value]) for box in prediction.boxes]
        write_markup_boxes(named, folder / "predictions" / "test" / f"{case}.mrk.json")
    results = classified(names=CASES) if task == "classification" else detected(names=CASES)
    results.save(folder / "metrics-test.json")
    return project


@pytest.fixture(params=["classification", "detection"])
def task(request):
    return request.param


@pytest.fixture
def validator(tmp_path, library, headless, mrml, task):
    project = measured(tmp_path, task)
    jobs = JobLine(library, HandTimer())
    made = Validator(jobs, ResultScene(mrml, headless.application))
    jobs.setProjectFolder(project.folder)
    made.setProject(project)
    return made


def test_the_headline_names_the_metric_of_the_task(validator, task):
    metric = {"classification": "AUROC", "detection": "AP50"}[task]
    assert f"net on test: mean {metric} 0." in validator.text
    assert "6 cases of 6 subjects" in validator.text


def test_tables_are_as_wide_as_their_heads(validator, task):
    assert validator.caseHeader() == CASE_HEADERS[task]
    assert len({len(header) for header in CASE_HEADERS.values()}) == 1
    assert all(len(line.cells()) == len(validator.caseHeader()) for line in validator.lines)
    assert all(len(row) == 4 for row in validator.summary())
    assert {row[0] for row in validator.summary()} == {"well", "ill", "all classes"}


def test_the_worst_case_comes_first_with_its_facts(validator, task):
    expected = {
        "classification": ["case-0", "well", "ill", "0.010", "0.990", "no"],
        "detection": ["case-0", "1", "0", "1", "1", "–"],
    }
    assert validator.lines[0].cells() == expected[task]
    assert len(validator.lines) == len(CASES)


def test_a_row_shows_its_case(validator, mrml, task):
    validator.select(0)
    (image,) = marked_nodes(mrml, role="image")
    assert "case-0" in validator.caseText
    boxes = [node.GetName() for role in ("reference", "prediction") for node in marked_nodes(mrml, role=role)]
    assert boxes == ([] if task == "classification" else ["well (missed)", "well 0.40 (false)"])
    validator.nextWorst()
    assert len(marked_nodes(mrml, role="image")) == 1, "the case before has gone"
    assert image.GetScene() is None


def test_the_table_node_and_the_plots(validator, mrml, task):
    columns = columns_from_table(validator.tableNode())
    assert columns["Case"][0] == "case-0"
    names = [name for name, _title in validator.plots()]
    curves = {"classification": ["roc", "precision", "reliability"], "detection": ["froc", "precision"]}
    assert names == [*curves[task], TRAINING_PLOT]
    first = validator.plotNode(names[0])
    assert first.GetNumberOfPlotSeriesNodes() >= 2
    assert validator.plotNode("precision") is first, "the node stays and shows another chart"
    assert first.GetXAxisTitle() == "Recall"


def test_a_missing_prediction_is_told(validator, task):
    if task == "classification":
        pytest.skip("a classified case is shown without the file of its prediction")
    (validator._runFolder() / "predictions" / "test" / "case-0.mrk.json").unlink()
    with pytest.raises(MedOptError, match="case-0: the prediction is missing"):
        validator.select(0)


def test_what_a_model_says_of_a_volume(mrml, tmp_path):
    scene = ResultScene(mrml)
    volume = volume_from_image(mrml, Image(np.zeros((1, *GRID.shape), np.int16), GRID), "v", role=None)
    with pytest.raises(MedOptError, match="net: the model gave no result"):
        scene.answerOnVolume(tmp_path, "volume", volume, "net")
    write_json(tmp_path / "volume.class.json", {"probabilities": {"well": 0.25, "ill": 0.75}})
    table = columns_from_table(scene.answerOnVolume(tmp_path, "volume", volume, "net"))
    assert table == {"Class": ["well", "ill"], "Probability": [0.25, 0.75]}
    (tmp_path / "volume.class.json").unlink()
    _, prediction = boxes_of(1)
    write_markup_boxes([NamedBox.of(box, "ill") for box in prediction.boxes], tmp_path / "volume.mrk.json")
    assert scene.answerOnVolume(tmp_path, "volume", volume, "net").GetName() == "ill 0.61"
    write_markup_boxes([], tmp_path / "volume.mrk.json")
    assert scene.answerOnVolume(tmp_path, "volume", volume, "net") is None


def test_colours_tell_found_missed_and_false(validator, mrml, task):
    if task == "classification":
        pytest.skip("no boxes")
    validator.select(next(n for n, line in enumerate(validator.lines) if line.case == "case-3"))
    found, false = marked_nodes(mrml, role="prediction")
    (reference,) = marked_nodes(mrml, role="reference")
    colours = [
        tuple(round(255 * c) for c in node.GetDisplayNode().GetSelectedColor()) for node in (reference, found, false)
    ]
    assert colours == [(0, 158, 115), (0, 158, 115), (213, 94, 0)]
    assert [node.GetName() for node in (reference, found, false)] == ["ill", "ill 0.63", "ill 0.40 (false)"]


def test_a_box_that_only_an_unsure_one_finds_is_missed_and_changed_labels_have_no_outcome():
    from MedOptValidateLib.result_scene import boxOutcomes

    from medopt.validation import BoxCase, BoxOutcome

    boxes = (BoxOutcome("x", "found", 0.01, 0.8, reference=0, predicted=1), BoxOutcome("x", "false", 0.9, predicted=0))
    scored = BoxCase("a", "a", boxes)
    assert boxOutcomes(scored, 1, 2) == {"reference": {0: "missed"}, "prediction": {1: "found", 0: "false"}}
    assert boxOutcomes(scored, 0, 2) == {}, "the label was changed after the validation"
    assert boxOutcomes(None, 1, 1) == {}
