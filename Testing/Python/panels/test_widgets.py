"""Every widget class really runs, on its real .ui file: setup, enter, each button, the main paths, exit, cleanup."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import slicer
from standins.material import FakeJob, blob

from MedOptCoreLib import packages
from MedOptCoreLib.self_testing import makeLabel

NAMES = ["MedOptLabel", "MedOptTrain", "MedOptValidate"]


@pytest.fixture(params=[False, True], ids=["no-window", "window"])
def app(request, application):
    return application(window=request.param)


def buttons(widget):
    return [child for child in vars(widget.ui).values() if child.inherits("QPushButton")]


@pytest.mark.parametrize("name", NAMES)
def test_every_button_can_be_pressed_without_a_project(app, name):
    widget = app.open(name)
    widget.enter()
    for button in buttons(widget):
        assert button.enabled or button.toolTip
        button.click()
    widget.exit()
    assert app.errors == []
    assert app.library.started == []


@pytest.mark.parametrize("name", NAMES)
def test_every_button_can_be_pressed_with_a_project(app, name, project):
    widget = app.open(name)
    widget.enter()
    widget.panel.head.open(project.folder)
    for button in buttons(widget):
        assert button.enabled or button.toolTip
        button.click()
        if widget.panel.jobs.job is not None:
            widget.panel.jobs.job.finish("stopped")
            widget.panel.jobs.poll()
    widget.exit()
    widget.enter()
    told = {"MedOptLabel": ["a flag needs a note"], "MedOptTrain": ["at least 3 subjects"], "MedOptValidate": []}[name]
    assert len(app.errors) == len(told), app.errors
    for error, expected in zip(app.errors, told, strict=True):
        assert expected in error


@pytest.mark.parametrize("name", NAMES)
def test_nothing_listens_any_more_after_cleanup(app, name, project):
    widget = app.open(name)
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.exit()
    widget.cleanup()
    assert widget.Observations == []
    assert app.app.listeners() == 0
    assert not widget.panel.jobs._timer._timer.active
    if app.window is not None:
        assert app.window.shortcuts == {}
    widget.cleanup = lambda: None


def test_at_most_one_button_is_emphasised(app, project):
    for name in NAMES:
        widget = app.open(name)
        widget.enter()
        widget.panel.head.open(project.folder)
        shown = [button.objectName for button in buttons(widget) if button.default]
        assert len(shown) <= 1, (name, shown)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("MedOptLabel", "labelTwoCases"),
        ("MedOptLabel", "classifyCases"),
        ("MedOptLabel", "boxCases"),
        ("MedOptLabel", "proposalsAndHistory"),
        ("MedOptTrain", "curvesOfARun"),
        ("MedOptTrain", "preprocessingPreview"),
        ("MedOptTrain", "augmentationGrid"),
        ("MedOptTrain", "optionsOfTraining"),
        ("MedOptTrain", "foldsAndSearch"),
        ("MedOptValidate", "resultsAndCases"),
        ("MedOptValidate", "modelOnVolume"),
    ],
)
def test_the_self_tests_pass_on_the_stand_ins(app, name, path):
    """The very functions that run inside Slicer."""
    import importlib

    function = getattr(importlib.import_module(f"{name}Lib.self_test"), path)
    function(app.open(name))
    assert app.errors == []


def test_keys_of_the_label_panel_are_there_only_while_it_is_shown(application, project):
    app = application(window=True)
    widget = app.open("MedOptLabel")
    assert app.window.shortcuts == {}
    widget.enter()
    widget.panel.head.open(project.folder)
    assert set(app.window.shortcuts) == {"N", "P", "S", "A"}
    app.window.shortcuts["N"].press()
    assert widget.session.current == "case-2"
    app.window.shortcuts["A"].press()
    assert widget.session.current == "case-3"
    widget.exit()
    assert app.window.shortcuts == {}
    assert not widget.editor.widget.shortcuts


def test_the_accept_key_is_left_to_the_draw_effect(application, project):
    app = application(window=True)
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.session.next()
    node = widget.editor.widget.mrmlSegmentEditorNode()
    node.SetActiveEffectName("Draw")
    assert not app.window.shortcuts["A"].enabled
    node.SetActiveEffectName("Paint")
    assert app.window.shortcuts["A"].enabled


def test_the_tool_stays_in_hand_from_case_to_case(app, project):
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.ui.nextButton.click()
    widget.editor.widget.setCurrentSegmentID("Segment_2")
    widget.editor.widget.setActiveEffectByName("Paint")
    widget.ui.skipButton.click()
    assert widget.session.current == "case-3"
    node = widget.editor.widget.mrmlSegmentEditorNode()
    assert (node.GetActiveEffectName(), node.GetSelectedSegmentID()) == ("Paint", "Segment_2")
    assert widget.editor.widget.segmentationNode() is widget.session.editor.segmentationNode


def test_a_case_that_cannot_be_shown_leaves_the_one_before_in_the_editor(app, project):
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.ui.nextButton.click()
    before = widget.session.editor.segmentationNode
    (file,) = project.image_paths("case-3")
    file.write_bytes(b"no image")
    widget.ui.skipButton.click()
    assert len(app.errors) == 1
    assert widget.session.current == "case-2"
    assert widget.editor.widget.segmentationNode() is before
    from test_label_session import paint

    paint(widget.session, blob((1,)))
    assert widget.session.dirty


def test_leaving_the_panel_and_quitting_save_what_was_painted(app, project):
    from test_label_session import paint

    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.ui.nextButton.click()
    paint(widget.session, blob((1,)))
    widget.exit()
    assert project.case("case-2").labelled
    widget.enter()
    paint(widget.session, blob((2,)))
    app.app.emit("aboutToQuit()")
    np.testing.assert_array_equal(project.read_label("case-2").array, blob((2,)).array)


def test_what_cannot_be_saved_is_shown_and_stays(app, project):
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.ui.nextButton.click()
    segmentation = widget.session.editor.segmentationNode.GetSegmentation()
    segmentation.GetSegment(segmentation.GetNthSegmentID(0)).SetName("Posterior")
    widget.ui.saveButton.click()
    assert len(app.errors) == 1
    assert widget.session.current == "case-2"


def test_a_row_is_selected_filtered_and_opened(app, project):
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    table = widget.ui.caseTable
    assert [row[0] for row in table.texts()] == ["case-0", "case-1", "case-2", "case-3"]
    widget.ui.filterBox.type_text("unlabelled")
    assert [row[0] for row in table.texts()] == ["case-2", "case-3"]
    table.click(1)
    assert widget.ui.goToButton.enabled
    table.double_click(0)
    assert widget.session.current == "case-2"
    assert table.currentRow() == 0
    assert app.errors == []


def test_the_strategy_is_chosen_and_its_reason_shown(app, project):
    widget = app.open("MedOptLabel")
    widget.enter()
    assert not widget.ui.strategySelector.enabled
    assert not widget.ui.reasonLabel.visible
    widget.panel.head.open(project.folder)
    assert widget.ui.strategySelector.currentData == "in_order"
    widget.ui.nextButton.click()
    assert widget.ui.reasonLabel.text.startswith("Chosen: ")
    assert widget.ui.reasonLabel.visible
    widget.ui.strategySelector.choose(0)
    assert widget.session.choice.strategy == "random_foreground"
    assert not widget.ui.reasonLabel.visible


def test_a_double_click_on_a_finding_shows_the_case(app, project):
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    assert not widget.ui.findingsTable.visible
    widget.ui.verifyButton.click()
    row = {"case": "case-1", "severity": "warning", "problem": "it is dark", "found": "0", "what to do": "Look at it"}
    app.library.jobs[0].tell("result", title="Findings", rows=[row])
    app.library.jobs[0].finish()
    widget.panel.jobs.poll()
    assert widget.ui.findingsTable.visible
    widget.ui.findingsTable.double_click(0)
    assert widget.session.current == "case-1"


def test_an_import_runs_as_a_job_and_its_cases_appear(app, project, cohort, tmp_path):
    from standins.material import picture

    from medopt.io import write_image
    from medopt.project import import_folder

    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    more = tmp_path / "more"
    more.mkdir()
    write_image(picture(9), more / "late.nrrd")
    widget.ui.imagesPath.currentPath = str(more)
    widget.ui.importButton.click()
    assert app.library.started == [["import", str(project.folder), str(more)]]
    import_folder(project, more)
    app.library.jobs[0].finish()
    widget.panel.jobs.poll()
    assert [row[0] for row in widget.ui.caseTable.texts() if row[0] == "late"] == ["late"]
    assert "5 cases" in widget.panel.headWidget.ui.stateLabel.text


def test_the_head_makes_and_opens_projects(app, tmp_path, project):
    widget = app.open("MedOptTrain")
    widget.enter()
    ui = widget.panel.headWidget.ui
    assert not ui.newProjectFrame.visible
    ui.newButton.click()
    assert ui.newProjectFrame.visible
    ui.newFolderPath.currentPath = str(tmp_path / "made")
    ui.createButton.click()
    assert len(app.errors) == 1
    assert "no structures" in app.errors[0]
    ui.newClassesEdit.text = "Liver"
    ui.createButton.click()
    assert not ui.newProjectFrame.visible
    app.dialog.answer = str(project.folder)
    ui.openButton.click()
    assert widget.panel.head.path == str(project.folder)
    assert ui.recentSelector.itemText(0) == str(project.folder)
    ui.recentSelector.choose(1)
    assert widget.panel.head.path == str(tmp_path / "made")
    app.dialog.answer = str(tmp_path)
    ui.openButton.click()
    assert len(app.errors) == 2
    assert widget.panel.head.path == str(tmp_path / "made")


def test_the_worker_line_shows_progress_and_log(app, project):
    widget = app.open("MedOptTrain")
    widget.enter()
    job = FakeJob(project.folder / "jobs" / "running")
    job.tell("progress", stage="training", done=1, total=4, unit="steps", elapsed_s=1, remaining_s=3)
    app.library.jobs.append(job)
    widget.panel.head.open(project.folder)
    ui = widget.panel.jobWidget.ui
    assert ui.progressBar.value == 25
    assert ui.timeLeftLabel.text == "3 s left"
    ui.logSection.collapsed = False
    assert "second line" in ui.logText.plainText
    ui.cancelButton.click()
    assert job.asked == 1
    job.finish("stopped")
    widget.panel.jobs._timer._timer.tick()
    assert not ui.progressBar.visible
    assert ui.jobLabel.text == "train: stopped"


def test_a_training_of_an_earlier_session_is_attached_when_the_project_is_opened(app, project):
    from medopt.events import JsonLines
    from medopt.files import write_json

    folder = project.runs_folder / "run-007"
    folder.mkdir()
    write_json(folder / "run.json", {"format": 1, "name": "run-007", "state": "running", "started": "2026-01-01"})
    with open(folder / "events.jsonl", "w", encoding="utf-8") as stream:
        JsonLines(stream).emit("metric", step=10, train_loss=0.5)
    job = FakeJob(project.folder / "jobs" / "earlier")
    job.tell("started", command="train", run="run-007")
    app.library.jobs.append(job)
    widget = app.open("MedOptTrain")
    widget.enter()
    widget.panel.head.open(project.folder)
    assert widget.trainer.selected == "run-007"
    assert widget.ui.startButton.text == "Stop training"
    assert "training loss 0.500" in widget.ui.curveLabel.text
    widget.ui.startButton.click()
    assert job.asked == 1


def test_recipe_cells_are_edited_in_place(app, project, tmp_path):
    widget = app.open("MedOptTrain")
    widget.enter()
    widget.panel.head.open(project.folder)
    file = tmp_path / "recipe.yaml"
    file.write_text("training:\n  patch: [32, 32, 32]\n  minutes: 10.0\n  steps: null\n")
    app.dialog.answer = str(file)
    widget.ui.loadButton.click()
    table = widget.ui.recipeTable
    assert [row[0] for row in table.texts()] == ["training.patch", "training.minutes", "training.steps"]
    table.edit_cell(0, 1, "[16, 16, 16]")
    assert widget.recipe.values["training"]["patch"] == [16, 16, 16]
    with pytest.raises(PermissionError):
        table.edit_cell(0, 0, "another field")
    table.edit_cell(0, 1, "[16, ")
    assert len(app.errors) == 1
    assert table.texts()[0][1] == "[16, 16, 16]", "what was wrong is shown no more"
    widget.ui.minutesSpinBox.value = 4.0
    assert table.texts()[1][1] == "4.0"
    app.dialog.answer = str(tmp_path / "saved.yaml")
    widget.ui.saveButton.click()
    assert "minutes: 4.0" in (tmp_path / "saved.yaml").read_text()


def test_a_volume_of_the_scene_is_chosen_for_a_model(app, project):
    widget = app.open("MedOptValidate")
    widget.enter()
    widget.panel.head.open(project.folder)
    node = app.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "volume")
    widget.ui.inputVolumeSelector.setCurrentNode(node)
    assert widget.runner.volumeId == node.GetID()
    assert widget.parameterNode.connected == {"inputVolume": widget.ui.inputVolumeSelector}
    app.scene.Clear(False)
    assert widget.runner.volumeId is None
    assert widget.parameterNode is not None


def test_the_open_project_is_shared_by_the_panels(app, project):
    first = app.open("MedOptLabel")
    first.enter()
    first.panel.head.open(project.folder)
    second = app.open("MedOptTrain")
    assert second.panel.head.path == str(project.folder)


@pytest.mark.parametrize("name", NAMES)
def test_without_the_light_packages_the_panel_loads_and_offers_them(application, name, monkeypatch, tmp_path, project):
    app = application(window=True)

    class Blocked:
        def find_spec(self, module, path=None, target=None):
            if module.split(".")[0] in ("pydantic", "pydantic_core", "sqlalchemy", "yaml", "typer", "rich"):
                raise ModuleNotFoundError(f"{module} is not installed", name=module)

    absent = ("pydantic", "pydantic_core", "sqlalchemy", "yaml", "typer", "rich")
    needing = (
        "labelling",
        "project",
        "preprocess",
        "augment",
        "cli",
        "validation",
        "settings",
        "training",
        "networks",
        "tasks",
    )
    for module in list(sys.modules):
        parts = module.split(".")
        if parts[0] in absent or (parts[0] == "medopt" and len(parts) > 1 and parts[1] in needing):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Blocked(), *sys.meta_path])
    monkeypatch.setattr(
        packages, "isInstalled", lambda requirement: requirement.name.lower() not in ("pydantic", "pyyaml")
    )
    app.app.userSettings().setValue("MedOpt/CurrentProject", str(project.folder))
    widget = app.open(name)
    widget.enter()
    head = widget.panel.headWidget.ui
    assert head.installButton.visible
    assert "pydantic" in head.installLabel.text
    assert head.openButton.toolTip == "Install the missing packages first."
    for button in buttons(widget):
        button.click()
    head.installButton.click()
    assert app.installed == [(["pydantic>=2.6", "PyYAML>=6.0"], {"requester": "MedOpt"})]
    widget.exit()
    assert app.errors == []


def test_torch_without_its_extension_is_told(application, monkeypatch):
    app = application(window=True)
    widget = app.open("MedOptTrain")
    monkeypatch.setattr(packages, "isInstalled", lambda requirement: requirement.name != "torch")
    widget.panel.headWidget.show()
    widget.panel.headWidget.ui.installButton.click()
    assert len(app.errors) == 1
    assert "Install PyTorch in the Extensions Manager" in app.errors[0]


def test_a_refused_installation_is_no_error(application, monkeypatch):
    app = application(window=True)
    widget = app.open("MedOptLabel")
    monkeypatch.setattr(packages, "isInstalled", lambda requirement: requirement.name != "rich")

    def declined(*_arguments, **_options):
        raise RuntimeError("User declined package installation")

    monkeypatch.setattr(slicer.packaging, "pip_ensure", declined)
    widget.panel.headWidget.show()
    widget.panel.headWidget.ui.installButton.click()
    assert app.errors == []
    assert app.messages == ["User declined package installation"]


@pytest.mark.parametrize("name", NAMES)
def test_panels_load_no_heavy_package(name):
    """In a fresh process: everything that a panel imports, and the library rooms that it opens."""
    import subprocess

    code = (
        "import sys\n"
        f"sys.path[:0] = {[str(p) for p in sys.path if p]!r}\n"
        "import importlib, pathlib\n"
        f"import {name}Lib\n"
        f"for path in pathlib.Path({name}Lib.__file__).parent.glob('*.py'):\n"
        f"    importlib.import_module('{name}Lib.' + path.stem)\n"
        "import medopt.project, medopt.jobs, medopt.scene, medopt.io, medopt.validation, medopt.cli.runs\n"
        "import medopt.scene.case_view, medopt.scene.curves, medopt.scene.plots, medopt.scene.tables\n"
        "import medopt.training.advice, medopt.training.search, medopt.training.folds.plan, medopt.validation.spread\n"
        "import medopt.compression.chain.plan, medopt.compression.chain.front_file\n"
        "import medopt.training.running_settings, medopt.training.transfer.settings, medopt.tasks.losses.settings\n"
        "print(sorted({'torch', 'monai', 'onnxruntime', 'onnx', 'matplotlib'} & set(sys.modules)))\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == "[]"


def test_the_made_up_label_has_two_adjoining_structures():
    assert makeLabel(0).values() == [1, 2]
