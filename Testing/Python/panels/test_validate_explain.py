"""The section Explain: maps over the case, what the checks say, and what is given back."""

from __future__ import annotations

import numpy as np
import pytest
from MedOptValidateLib.explain_presenter import VIEW, ExplainPresenter
from MedOptValidateLib.explain_self_test import mapOverCase, recordMaps
from MedOptValidateLib.result_scene import ResultScene
from MedOptValidateLib.self_test import recordValidation
from MedOptValidateLib.validator import Validator

from medopt.scene import image_from_volume, marked_nodes
from medopt.scene.explanation import legend_of
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer


@pytest.fixture
def jobs(library):
    return JobLine(library, HandTimer())


@pytest.fixture
def validator(jobs, headless, mrml, project):
    recordValidation(project, ("case-0", "case-1"))
    recordMaps(project, ("case-0",))
    made = Validator(jobs, ResultScene(mrml, headless.application))
    jobs.setProjectFolder(project.folder)
    return made


@pytest.fixture
def explain(mrml, jobs, validator, project):
    made = ExplainPresenter(mrml, None, jobs, validator)
    validator.setProject(project)
    made.setProject(project)
    return made


def volumes(mrml):
    return [node for node in marked_nodes(mrml, view=VIEW) if node.IsA("vtkMRMLScalarVolumeNode")]


def row_of(validator, case):
    return next(n for n, line in enumerate(validator.lines) if line.case == case)


def test_a_map_comes_with_its_case_and_goes_with_it(explain, validator, mrml, project):
    explain.setShown(True)
    assert volumes(mrml) == []
    validator.showLine(row_of(validator, "case-0"))
    (node,) = volumes(mrml)
    assert image_from_volume(node).geometry.is_close(project.read_image("case-0").geometry, 1e-6)
    assert image_from_volume(node).array[0, 0, 0, 0] == 100
    assert legend_of(node).GetTitleText() == f"Grad-CAM of {project.settings.classes[0].name}, % of the largest"
    validator.showLine(row_of(validator, "case-1"))
    assert volumes(mrml) == []
    assert marked_nodes(mrml, view=VIEW) == []
    assert "nothing to explain" in explain.buttons()["showMapCheck"].missing


def test_views_get_back_what_they_showed(explain, validator, mrml):
    composite = mrml.AddNewNodeByClass("vtkMRMLSliceCompositeNode")
    validator.showLine(row_of(validator, "case-0"))
    other = mrml.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "the user's own")
    composite.SetForegroundVolumeID(other.GetID())
    composite.SetForegroundOpacity(0.75)
    explain.setShown(True)
    assert composite.GetForegroundVolumeID() == volumes(mrml)[0].GetID()
    assert composite.GetForegroundOpacity() == pytest.approx(0.4)
    explain.setOpacity(0.2)
    assert composite.GetForegroundOpacity() == pytest.approx(0.2)
    explain.setShown(False)
    assert composite.GetForegroundVolumeID() == other.GetID()
    assert composite.GetForegroundOpacity() == pytest.approx(0.75)
    assert volumes(mrml) == []


def test_the_checks_are_told_in_words(explain):
    assert "These maps depend on what the network learned" in explain.text
    explain.chooseMethod("occlusion")
    assert explain.text == "No maps by this method yet."
    assert explain.buttons()["showMapCheck"].missing == "Make the maps first."


def test_maps_are_made_by_the_worker(explain, jobs, library, project):
    explain.chooseMethod("gradcam++")
    explain.explain()
    started = library.started[-1]
    wanted = ["explain", str(project.folder), "--run", "run-001", "--subset", "test", "--method", "gradcam++"]
    assert list(started) == wanted


def test_a_damaged_file_is_told_and_shows_nothing(explain, validator, mrml, project):
    path = project.runs_folder / "run-001" / "explanations" / "test-gradcam" / "maps"
    next(path.glob("case-0.*")).write_bytes(b"NRRD0004\n")
    validator.showLine(row_of(validator, "case-0"))
    explain.setShown(True)
    assert explain.text.startswith("⚠")
    assert volumes(mrml) == []


def test_the_self_test_passes_on_the_stand_ins(application):
    app = application(window=True)
    mapOverCase(app.open("MedOptValidate"))
    assert app.errors == []


def test_the_slider_blends(application, project):
    recordValidation(project, ("case-0", "case-1"))
    recordMaps(project, ("case-0", "case-1"))
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    widget.panel.head.open(project.folder)
    assert widget.ui.mapOpacitySlider.value == pytest.approx(40)
    widget.ui.mapOpacitySlider.value = 65
    assert widget.explain.opacity == pytest.approx(0.65)
    assert np.isclose(widget.explain.opacity, 0.65)
    assert app.errors == []
