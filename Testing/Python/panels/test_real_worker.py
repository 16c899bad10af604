"""The panels with medopt's real worker: import, train, validate, export and run a model, all by pressing buttons."""

from __future__ import annotations

import sys

import pytest

from MedOptCoreLib.self_testing import makeImage, makeLabel, temporaryProject, waitFor


@pytest.fixture
def library():
    """Real projects and real jobs; the interpreter is named, since this process looks like Slicer."""
    from medopt.jobs import new_job_folder, start_job
    from MedOptCoreLib.library import Library

    class RealLibrary(Library):
        started = ()

        def startJob(self, projectFolder, arguments):
            return start_job(list(arguments), new_job_folder(projectFolder, arguments[0]), python=[sys.executable])

    return RealLibrary()


def press(widget, button, seconds):
    """Press a button and wait for the job that it starts to end well."""
    jobs = widget.panel.jobs
    assert button.enabled, button.toolTip
    button.click()
    assert jobs.busy
    assert waitFor(lambda: not jobs.busy, seconds), jobs.log()
    assert jobs.status.state == "done", f"{jobs.text}\n{jobs.log()}"


def test_a_folder_is_imported_by_the_worker(application):
    from MedOptLabelLib.self_test import importAsJob

    app = application(window=True)
    importAsJob(app.open("MedOptLabel"))
    assert app.errors == []


@pytest.mark.long
def test_a_wrong_recipe_is_told_in_the_words_of_the_worker(application, tmp_path):
    app = application(window=True)
    widget = app.open("MedOptTrain")
    with temporaryProject(widget, cases=3, labelled=3):
        press(widget, widget.ui.proposeButton, 120)
        assert widget.ui.problemsLabel.text == "✓ The recipe is valid."
        table = widget.ui.recipeTable
        fields = [row[0] for row in table.texts()]
        table.edit_cell(fields.index("training.learning_rate"), 1, "11")
        widget.ui.checkButton.click()
        assert waitFor(lambda: not widget.panel.jobs.busy, 120)
        assert "learning_rate" in widget.ui.problemsLabel.text
        assert "10" in widget.ui.problemsLabel.text
        table.edit_cell(fields.index("training.learning_rate"), 1, "0.001")
        press(widget, widget.ui.checkButton, 120)
        assert widget.ui.problemsLabel.text == "✓ The recipe is valid."
        assert "changed; proposed" in table.texts()[fields.index("training.learning_rate")][2]
    assert app.errors == []


@pytest.mark.long
def test_the_worker_advises_and_works_out_networks(application):
    from MedOptTrainLib.self_test import adviceAndNetwork

    app = application(window=True)
    adviceAndNetwork(app.open("MedOptTrain"))
    assert app.errors == []


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_from_labels_to_a_model_that_segments_a_volume(application):
    from medopt.scene import label_from_segmentation, marked_nodes, volume_from_image, volume_geometry

    app = application(window=True)
    train = app.open("MedOptTrain")
    with temporaryProject(train, cases=8, labelled=8) as project:
        train.enter()
        train.ui.splitButton.click()
        train.ui.minutesSpinBox.value = 0.5
        press(train, train.ui.startButton, 600)
        assert train.ui.runsTable.texts()[0][:2] == ["run-001", "done"]
        assert train.curves.node("dice").GetNumberOfPlotSeriesNodes() >= 2
        train.exit()
        validate = app.open("MedOptValidate")
        validate.enter()
        ui = validate.ui
        press(validate, ui.validateButton, 300)
        assert "mean Dice" in ui.resultsLabel.text
        ui.nextWorstButton.click()
        assert len(marked_nodes(app.scene, role="prediction")) == 1
        press(validate, ui.exportButton, 300)
        press(validate, ui.reportButton, 300)
        ui.openReportButton.click()
        assert len(app.opened) == 1
        volume = volume_from_image(app.scene, makeImage(20), "new", role=None)
        ui.inputVolumeSelector.setCurrentNode(volume)
        made = []
        validate.runner.segmented.connect(made.append)
        press(validate, ui.applyButton, 300)
        label = label_from_segmentation(made[0], volume_geometry(volume), project.settings.classes)
        wanted = makeLabel(20).array
        overlap = 2 * ((label.array > 0) & (wanted > 0)).sum() / ((label.array > 0).sum() + (wanted > 0).sum())
        assert overlap > 0.8
    assert app.errors == []


@pytest.mark.long
def test_a_core_set_is_chosen_and_a_round_begun_and_stopped_by_the_worker(application):
    from MedOptLabelLib.self_test import teachSection

    app = application(window=True)
    teachSection(app.open("MedOptLabel"))
    assert app.errors == []


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_smaller_models_of_a_run_are_planned_made_shown_and_reported(application, finished_project):
    from medopt.project.splitting import list_openings
    from medopt.scene import marked_nodes

    looks = len(list_openings(finished_project))
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    widget.panel.head.open(finished_project.folder)
    ui = widget.ui
    ui.compressSection.collapsed = False
    ui.keepSpinBox.value = 50
    ui.compressMinutesSpinBox.value = 0.2
    press(widget, ui.compressPlanButton, 120)
    assert [row[0] for row in ui.compressPlanTable.texts()][:2] == ["teacher", "control"]
    assert ui.compressPlanLabel.text.startswith("Expected: about ")
    assert not (finished_project.folder / "compression").exists(), "a plan alone does nothing"
    ui.compressButton.click()
    assert waitFor(lambda: "1 of" in ui.compressLabel.text, 600), widget.panel.jobs.log()
    assert "left" in ui.compressLabel.text
    ui.compressButton.click()
    assert waitFor(lambda: not widget.panel.jobs.busy, 120)
    assert "not finished" in ui.compressLabel.text
    press(widget, ui.resumeCompressButton, 1200)
    assert "no model keeps what was asked for" in ui.compressLabel.text  # one validation subject gives no interval
    assert {row[3].partition(":")[0] for row in ui.compressPlanTable.texts() if "left out" not in row[1]} <= {
        "done",
        "ended",
    }
    models = ui.modelTable.texts()
    assert len(models) >= 4
    times = [float(row[2]) for row in models]
    assert times == sorted(times)
    assert any("too few validation subjects" in row[5] for row in models)
    ui.showFrontButton.click()
    (chart,) = marked_nodes(app.scene, role="compression front")
    assert chart.GetNumberOfPlotSeriesNodes() >= 3
    small = next(row[0] for row in models if row[0].endswith("-int8"))
    ui.modelTable.click([row[0] for row in models].index(small))
    assert ui.modelReportButton.text == "Make report"
    ui.modelReportButton.click()
    assert waitFor(lambda: not widget.panel.jobs.busy and ui.modelReportButton.text == "Open report", 300)
    ui.modelReportButton.click()
    assert len(app.opened) == 1
    assert app.opened[0].endswith(f"exported/{small}-onnxruntime/report-validation.html")
    ui.modelResultsButton.click()
    assert "mean Dice" in ui.resultsLabel.text
    ui.nextWorstButton.click()
    assert len(marked_nodes(app.scene, role="prediction")) == 1
    assert len(list_openings(finished_project)) == looks, "the test stays sealed"
    assert app.errors == []
