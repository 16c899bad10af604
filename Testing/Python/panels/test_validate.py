"""Results, cases, plots, models on volumes; on a real project with a recorded validation."""

from dataclasses import replace

import numpy as np
import pytest
from MedOptValidateLib.model_runner import ModelRunner
from MedOptValidateLib.result_plots import TRAINING_PLOT
from MedOptValidateLib.result_scene import ResultScene
from MedOptValidateLib.result_tables import caseLines, headline, summaryCells
from MedOptValidateLib.validator import Validator
from results_made import voxels_counted
from standins.material import GRID, blob, picture

from medopt import MedOptError
from medopt.files import write_json
from medopt.image import LabelMap
from medopt.io import Segment, Segmentation, read_image, write_segmentation
from medopt.metrics import METRICS
from medopt.scene import label_from_segmentation, marked_nodes, node_by_id, volume_from_image, volume_geometry
from medopt.scene.tables import columns_from_table
from medopt.validation import Results, Structure, ValidationSettings, score_case, summarize


def segmentation(label, classes):
    segments = [Segment(f"Segment_{c.value}", c.name, c.rgb, c.value, 0, c.terminology) for c in classes]
    return Segmentation.from_label_map(label, segments)


@pytest.fixture
def validated(project):
    """run-001 with a measurement of the two labelled cases: case-0 shifted by a voxel, case-1 as it should be."""
    folder = project.runs_folder / "run-001"
    predictions = folder / "predictions" / "test"
    predictions.mkdir(parents=True)
    write_json(folder / "run.json", {"format": 1, "name": "run-001", "state": "done", "started": "2026-01-01T10:00:00"})
    found = {
        "case-0": LabelMap(np.roll(project.read_label("case-0").array, 1, axis=1), GRID),
        "case-1": project.read_label("case-1"),
    }
    for case, label in found.items():
        write_segmentation(segmentation(label, project.settings.classes), predictions / f"{case}.seg.nrrd")
    results = measured(project, found)
    results.save(folder / "metrics-test.json")
    return project


def measured(project, predictions):
    structures = tuple(Structure(c.value, c.name) for c in project.settings.classes)
    scores = [
        score
        for case, label in predictions.items()
        for score in score_case(
            project.read_label(case), label, structures, case=case, subject=project.case(case).subject
        )
    ]
    summary = summarize(scores, [structure.name for structure in structures])
    return Results("test", "run-001", structures, ValidationSettings(), tuple(scores), summary)


@pytest.fixture
def validator(jobs, headless, mrml, validated):
    made = Validator(jobs, ResultScene(mrml, headless.application))
    jobs.setProjectFolder(validated.folder)
    made.setProject(validated)
    return made


def test_the_newest_run_is_shown_with_its_results(validator):
    assert validator.run == "run-001"
    assert validator.results.n_cases == 2
    assert "run-001 on test: mean Dice" in validator.text
    assert "2 cases of 2 subjects" in headline(validator.results)


def test_the_worst_case_comes_first(validator):
    assert [line.case for line in validator.lines[:2]] == ["case-0", "case-0"]
    dice = [line.values[0] for line in validator.lines]
    assert dice == sorted(dice)
    assert dice[-1] == 1.0
    assert validator.lines[-1].cells()[2:4] == ["1.000", "1.000"]


def test_the_summary_has_units_intervals_and_n(validator):
    cells = summaryCells(validator.results)
    assert {row[1] for row in cells} == {
        f"{METRICS[name].title} ({METRICS[name].unit})" if METRICS[name].unit else METRICS[name].title
        for name in ("dice", "nsd", "hd95_mm", "volume_difference_ml")
    }
    assert {row[0] for row in cells} == {"Anterior", "Posterior", "mean of structures"}
    assert all(row[3].startswith("2") for row in cells)


def test_the_summary_ends_with_the_calibration_of_voxels(validator):
    results = voxels_counted(validator.results)
    cells = summaryCells(results)[len(summaryCells(validator.results)) :]
    assert [row[:2] for row in cells] == [
        [name, title]
        for name in ("Anterior", "Posterior", "all structures")
        for title in ("Calibration error", "Brier score")
    ]
    row = results.calibration_row("Anterior")
    assert cells[0][2].startswith(f"{row.estimate:.3f}")
    assert cells[0][3] == "2"
    many = voxels_counted(
        replace(
            results,
            cases=tuple(replace(c, case=f"{c.case}-{n}", subject=f"s{n}") for n in range(6) for c in results.cases),
        )
    )
    row = many.calibration_row("Anterior")
    assert summaryCells(many)[-6][2].endswith(f"(by chance below {row.by_chance:.3f})")


def test_a_row_shows_reference_and_prediction_side_by_side(validator, mrml, validated, headless):
    validator.select(0)
    (reference,) = marked_nodes(mrml, role="reference")
    (prediction,) = marked_nodes(mrml, role="prediction")
    (errors,) = marked_nodes(mrml, role="errors")
    classes = validated.settings.classes
    np.testing.assert_array_equal(
        label_from_segmentation(reference, GRID, classes).array, validated.read_label("case-0").array
    )
    np.testing.assert_array_equal(
        label_from_segmentation(prediction, GRID, classes).array,
        np.roll(validated.read_label("case-0").array, 1, axis=1),
    )
    assert reference.GetDisplayNode().GetVisibility2DFill()
    assert not prediction.GetDisplayNode().GetVisibility2DFill()
    assert prediction.GetDisplayNode().GetSliceIntersectionThickness() > 1
    assert errors.GetImageData() is not None
    assert "case-0" in validator.caseText
    (volume,) = marked_nodes(mrml, role="image")
    assert headless.application.GetSelectionNode().GetActiveVolumeID() == volume.GetID()


def test_another_row_of_the_same_case_keeps_its_nodes(validator, mrml):
    validator.select(0)
    before = marked_nodes(mrml, role="prediction")
    validator.select(1)
    assert marked_nodes(mrml, role="prediction") == before
    assert validator.current == 1
    validator.select(None)
    validator.select(99)
    assert validator.current == 1


def test_next_worst_goes_from_case_to_case_and_round(validator):
    shown = []
    for _press in range(3):
        validator.nextWorst()
        shown.append(validator.lines[validator.current].case)
    assert shown == ["case-0", "case-1", "case-0"]


def test_a_missing_prediction_is_told(validator, validated):
    file = validated.runs_folder / "run-001" / "predictions" / "test" / "case-0.seg.nrrd"
    file.unlink()
    with pytest.raises(MedOptError, match=r"case-0: the prediction is missing.*Validate the run again"):
        validator.select(0)


def test_damaged_results_are_told_and_the_panel_goes_on(validator, validated):
    (validated.runs_folder / "run-001" / "metrics-test.json").write_text("{half")
    with pytest.raises(MedOptError, match="damaged"):
        validator.reload()
    assert validator.lines == []
    assert "has not been measured" in validator.text


def test_scores_stand_in_a_table_node(validator, mrml):
    (node,) = marked_nodes(mrml, role="case scores")
    columns = columns_from_table(node)
    assert columns["Case"] == ["case-0", "case-0", "case-1", "case-1"]
    assert columns["Dice"][2:] == [1.0, 1.0]
    assert validator.tableNode() is node
    mrml.RemoveNode(node)
    assert columns_from_table(validator.tableNode()) == columns


def test_plots_of_each_metric_and_of_the_training(validator, validated, mrml):
    from medopt.events import JsonLines

    names = [name for name, _title in validator.plots()]
    assert names == ["dice", "nsd", "hd95_mm", "volume_difference_ml", "volumes", TRAINING_PLOT]
    node = validator.plotNode("dice")
    assert validator.plotNode("hd95_mm") is node
    assert "HD95" in node.GetYAxisTitle()
    assert validator.plotNode("volumes") is node
    assert node.GetYAxisTitle() == "Predicted - reference (ml)"
    with open(validated.runs_folder / "run-001" / "events.jsonl", "w", encoding="utf-8") as stream:
        JsonLines(stream).emit("metric", step=5, validation_dice=0.7)
    assert validator.plotNode(TRAINING_PLOT).GetNumberOfPlotSeriesNodes() == 1


def test_a_selected_point_shows_its_case(validator):
    validator.selectPoints(["not a case", "case-1"])
    assert validator.lines[validator.current].case == "case-1"
    validator.selectPoints(["3 cases"])
    assert validator.lines[validator.current].case == "case-1"
    validator.selectPoints([])
    assert validator.lines[validator.current].case == "case-1"


def test_jobs_for_the_worker(validator, library, validated, timer):
    folder = str(validated.folder)
    for action in (validator.validate, validator.export, validator.report):
        action()
        library.jobs[-1].finish()
        timer.tick()
    assert library.started == [
        ["validate", folder, "--run", "run-001", "--subset", "test"],
        ["export", folder, "--run", "run-001"],
        ["report", folder, "--run", "run-001", "--subset", "test"],
    ]


def test_the_commands_are_ones_that_medopt_knows():
    from typer.main import get_command

    from medopt.cli import make_app

    commands = get_command(make_app()).commands
    for name, used in {
        "validate": {"--run", "--subset"},
        "export": {"--run"},
        "report": {"--run", "--subset"},
        "predict": {"--output"},
    }.items():
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert used <= known


def test_a_finished_validation_is_shown_by_itself(validator, validated, library, timer):
    file = validated.runs_folder / "run-001" / "metrics-test.json"
    content = file.read_text()
    file.unlink()
    validator.reload()
    assert validator.results is None
    assert validator.buttons()["validateButton"].next
    validator.validate()
    file.write_text(content)
    library.jobs[-1].finish()
    timer.tick()
    assert validator.results is not None


def test_the_report_is_found(validator, validated, library, timer):
    assert validator.reportFile() is None
    assert validator.buttons()["openReportButton"].toolTip == "Make the report first."
    validator.report()
    page = validated.runs_folder / "run-001" / "report-test.html"
    page.write_text("<html></html>")
    library.jobs[-1].finish()
    timer.tick()
    assert validator.reportFile() == page
    assert validator.buttons()["openReportButton"].enabled


def test_another_subset_has_its_own_results(validator):
    validator.choose("run-001", "validation")
    assert validator.results is None
    assert validator.text == "run-001 has not been measured on validation yet."
    assert validator.buttons()["nextWorstButton"].toolTip == "Validate the run first."
    validator.choose("run-001", "test")
    assert validator.results is not None


def test_without_project_everything_says_so(validator):
    validator.setProject(None)
    assert validator.text == "No run yet: train one first."
    assert {state.toolTip for state in validator.buttons().values()} == {"Open or create a project first."}


# ---- a model on a volume of the scene ----------------------------------------------------------------------------


@pytest.fixture
def runner(jobs, headless, mrml, validated):
    model = validated.models_folder / "run-001"
    model.mkdir()
    write_json(model / "metadata.json", {"version": "1.0.0"})
    made = ModelRunner(jobs, ResultScene(mrml, headless.application), mrml)
    jobs.setProjectFolder(validated.folder)
    made.setProject(validated)
    return made


def worker(library, label, classes):
    """What the predict command does: a label file for the image file."""
    _predict, _model, image, _output, folder = library.started[-1]
    from pathlib import Path

    target = Path(folder) / Path(image).name.replace(".nrrd", ".seg.nrrd")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_segmentation(segmentation(label, classes), target)
    library.jobs[-1].finish()
    return Path(image)


def test_a_model_runs_on_a_volume_and_the_result_lies_on_its_grid(runner, mrml, library, timer, validated):
    volume = volume_from_image(mrml, picture(3), "Some patient", role=None)
    runner.chooseVolume(volume)
    assert runner.buttons()["applyButton"].enabled
    made = []
    runner.segmented.connect(made.append)
    runner.run()
    sent = read_image(library.started[-1][2])
    np.testing.assert_array_equal(sent.array, picture(3).array)
    assert sent.geometry.is_close(GRID, 1e-6)
    wanted = blob((1, 2))
    image = worker(library, wanted, validated.settings.classes)
    timer.tick()
    (node,) = made
    classes = validated.settings.classes
    np.testing.assert_array_equal(label_from_segmentation(node, volume_geometry(volume), classes).array, wanted.array)
    assert node.GetName() == "Some patient by run-001"
    assert not image.parent.parent.exists() or not image.exists(), "the copy of the volume is gone"
    assert "patient" not in image.name


def test_a_moved_volume_keeps_its_place(runner, mrml, library, timer, validated):
    import slicer
    import vtk

    volume = volume_from_image(mrml, picture(3), "moved", role=None)
    transform = mrml.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved by")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 5.0)
    matrix.SetElement(1, 3, -7.0)
    transform.SetMatrixTransformToParent(matrix)
    volume.SetAndObserveTransformNodeID(transform.GetID())
    assert isinstance(volume, slicer.vtkMRMLScalarVolumeNode)
    runner.chooseVolume(volume)
    made = []
    runner.segmented.connect(made.append)
    runner.run()
    geometry = volume_geometry(volume)
    worker(library, LabelMap(blob((1,)).array, geometry), validated.settings.classes)
    timer.tick()
    label = label_from_segmentation(made[0], geometry, validated.settings.classes)
    np.testing.assert_array_equal(label.array, blob((1,)).array)


def test_a_result_on_another_grid_is_refused(runner, mrml, library, timer, validated):
    volume = volume_from_image(mrml, picture(3), "volume", role=None)
    runner.chooseVolume(volume)
    runner.run()
    other = LabelMap(blob((1,)).array, GRID.cropped((1, 0, 0), GRID.shape))
    worker(library, other, validated.settings.classes)
    with pytest.raises(MedOptError, match="result and volume lie on different grids"):
        timer.tick()
    assert marked_nodes(mrml, role="prediction") == []


def test_a_volume_that_is_gone_is_told(runner, mrml, library, timer, validated):
    volume = volume_from_image(mrml, picture(3), "volume", role=None)
    runner.chooseVolume(volume)
    runner.run()
    worker(library, blob((1,)), validated.settings.classes)
    mrml.RemoveNode(volume)
    with pytest.raises(MedOptError, match="no longer in the scene"):
        timer.tick()


def test_no_result_is_told_and_a_failed_job_is_not_waited_for(runner, mrml, library, timer):
    runner.chooseVolume(volume_from_image(mrml, picture(3), "volume", role=None))
    runner.run()
    library.jobs[-1].finish()
    with pytest.raises(MedOptError, match=r"run-001: the model gave no result"):
        timer.tick()
    runner.run()
    library.jobs[-1].finish("failed", "no such model.")
    timer.tick()
    assert runner.buttons()["applyButton"].enabled


def test_what_is_missing_before_a_model_can_run(runner, validated, jobs):
    assert runner.buttons()["applyButton"].toolTip == "Choose a volume first."
    import shutil

    shutil.rmtree(validated.models_folder / "run-001")
    runner.reload()
    assert runner.buttons()["applyButton"].toolTip == "Export a model first."


def test_cases_without_value_come_last(validator):
    import dataclasses

    scores = validator.results.cases
    odd = dataclasses.replace(scores[0], case="zz", values={"dice": None})
    results = dataclasses.replace(validator.results, cases=(odd, *scores))
    lines = caseLines(results)
    assert lines[-1].case == "zz"
    assert lines[-1].cells()[2:] == ["–", "–", "–", "–"]


def test_shown_nodes_are_found_by_id(validator, mrml):
    shown = validator._scene.showCase(
        validator._project, "case-1", validator._runFolder() / "predictions" / "test" / "case-1.seg.nrrd"
    )
    assert node_by_id(mrml, shown.prediction, "vtkMRMLSegmentationNode") is not None
