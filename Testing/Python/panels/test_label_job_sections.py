"""The sections Core set, Teach and More on the stand-ins: what a user presses, and what follows."""

import pytest
from standins.material import FakeJob, FakeStatus, blob
from test_label_core_set_section import chosen
from test_label_job_reports import compared, suspected
from test_label_teach_section import record

from medopt.labelling.blind import load_blind
from medopt.labelling.rounds import save_round
from medopt.labelling.save import save_edited
from medopt.scene import marked_nodes


@pytest.fixture
def widget(application, project):
    app = application(window=True)
    widget = app.open("MedOptLabel")
    widget.enter()
    widget.panel.head.open(project.folder)
    widget.app = app
    yield widget
    assert app.errors == []


def states(widget):
    return {row[0]: row[2] for row in widget.ui.caseTable.texts()}


def end(widget, state="done"):
    widget.app.library.jobs[-1].finish(state)
    widget.panel.jobs.poll()


def test_a_round_is_begun_while_labelling_goes_on(widget, project):
    ui = widget.ui
    assert not ui.teachButton.enabled
    ui.nextButton.click()
    from test_label_session import paint

    paint(widget.session, blob((1, 2)))
    ui.acceptButton.click()
    assert ui.teachLabel.text == "3 labelled; enough for a starter model."
    ui.teachMinutesSpinBox.value = 2.0
    ui.teachButton.click()
    assert widget.app.library.started == [["teach", str(project.folder), "--time", "120s"]]
    assert ui.teachButton.text == "Stop"
    assert widget.session.current == "case-3", "labelling goes on"
    paint(widget.session, blob((2,)))
    clock = widget.session.clock.seconds
    project.save_proposal("case-3", blob((1,)), model="round-001", confidence=0.5, round=1)
    widget.app.library.jobs[0].tell("progress", stage="propose", done=1, total=1, unit="cases")
    widget.panel.jobs.poll()
    assert states(widget)["case-3"] == "proposed"
    assert widget.session.dirty, "what is on the way stays"
    assert widget.session.clock.seconds - clock < 1
    end(widget)
    assert ui.teachButton.text == "Train and propose"
    ui.acceptButton.click()
    assert project.label_values()["case-3"] == (2,)


def test_an_unfinished_round_can_be_given_up(widget, project):
    assert not widget.ui.anewCheck.visible
    project.save_label("case-2", blob((1,)), annotator="kim")
    save_round(project, record(state="training"))
    widget.jobSections.teach.refresh()
    assert widget.ui.anewCheck.visible
    assert widget.ui.teachButton.text == "Go on with round 1"
    widget.ui.anewCheck.checked = True
    widget.ui.teachButton.click()
    assert widget.app.library.started[-1][-1] == "--anew"
    assert not widget.ui.anewCheck.visible


def test_a_round_of_an_earlier_session_is_followed_when_the_project_is_opened(widget, project):
    widget.panel.head.close()
    job = FakeJob(project.folder / "jobs" / "a", FakeStatus(command="teach"))
    job.tell("started", command="train", run="round-001", device="cpu")
    job.tell("metric", step=10, minutes=0.5, train_loss=0.5)
    job.tell("progress", stage="training", done=1, total=4, unit="steps", remaining_s=90)
    widget.app.library.jobs.append(job)
    widget.panel.head.open(project.folder)
    assert widget.ui.teachButton.text == "Stop"
    assert "round-001 on cpu · step 10" in widget.ui.teachLabel.text
    assert widget.panel.jobWidget.ui.timeLeftLabel.text == "1 min 30 s left"
    end(widget)


def test_the_rounds_are_read_when_the_section_is_unfolded_and_charted_on_demand(widget, project):
    ui, layouts = widget.ui, widget.app.app.layoutManager()
    save_round(project, record())
    project.save_proposal("case-2", blob((1, 2)), model="round-001", round=1)
    save_edited(project, "case-2", blob((1, 2)), annotator="kim", seconds=10.0, source="proposal")
    assert ui.roundsTable.rowCount == 0
    ui.teachSection.collapsed = False
    assert ui.roundsTable.texts() == [["1", "round-001 0.800", "1", "1.000", "0", "10", "100"]]
    assert ui.forecastLabel.text.startswith("Left: 1 cases")
    before = layouts.layout
    ui.showRoundsButton.click()
    assert layouts.layout != before
    assert len(marked_nodes(widget.app.scene, role="rounds")) == 1
    ui.roundsPlotSelector.choose(2)
    (node,) = marked_nodes(widget.app.scene, role="rounds")
    assert node.GetTitle() == "Time a case"
    ui.showRoundsButton.click()
    assert layouts.layout == before
    ui.roundsPlotSelector.choose(4)
    assert not ui.showRoundsButton.enabled
    assert ui.showRoundsButton.toolTip.startswith("No training was followed")


def test_shares_of_blind_cases_and_catch_trials_are_kept(widget, project):
    ui = widget.ui
    assert (ui.blindSpinBox.value, ui.catchSpinBox.value) == (5.0, 0.0)
    ui.blindSpinBox.value = 10.0
    ui.blindSpinBox.emit("editingFinished()")
    ui.catchSpinBox.value = 2.0
    ui.catchSpinBox.emit("editingFinished()")
    settings = load_blind(project)
    assert (settings.share, settings.catch) == (0.1, 0.02)
    widget.panel.head.close()
    assert not ui.blindSpinBox.enabled


def test_the_core_set_is_chosen_marked_shown_and_changed(widget, project):
    ui, layouts = widget.ui, widget.app.app.layoutManager()
    ui.coreCountSpinBox.value = 1.0
    ui.coreSetButton.click()
    assert widget.app.library.started == [["coreset", str(project.folder), "--count", "1"]]
    (first,) = chosen(project).ids
    end(widget)
    assert states(widget)[first] == "unlabelled · core set"
    assert [row[0] for row in ui.coreTable.texts()] == [first]
    before = layouts.layout
    ui.coreChartButton.click()
    assert layouts.layout != before
    ui.coreChartButton.click()
    assert layouts.layout == before
    other = ({"case-2", "case-3"} - {first}).pop()
    ui.caseTable.click(int(other[-1]))
    assert ui.coreToggleButton.text == "Add selected case"
    ui.coreToggleButton.click()
    assert states(widget)[other] == "unlabelled · core set"
    assert ui.coreTable.currentRow() == 1
    ui.coreTable.click(0)
    assert widget.session.selected == first
    assert ui.coreToggleButton.text == "Drop selected case"
    ui.coreToggleButton.click()
    assert states(widget)[first] == "unlabelled"
    ui.coreTable.double_click(0)
    assert widget.session.current == other
    ui.saveButton.click()
    assert ui.coreTable.texts()[0][1] == "yes"


def test_a_point_of_the_cohorts_chart_selects_its_case(widget, project):
    import vtk

    (first,) = chosen(project).ids
    widget.jobSections.coreSet.refresh()
    node = widget.jobSections.coreSet.node()
    series = {node.GetNthPlotSeriesNode(n).GetName().split(" (")[0]: node.GetNthPlotSeriesNode(n) for n in range(3)}
    ids, places, rows = vtk.vtkStringArray(), vtk.vtkCollection(), vtk.vtkIdTypeArray()
    ids.InsertNextValue(series["core set"].GetID())
    rows.InsertNextValue(0)
    places.AddItem(rows)
    widget.jobSections.coreViews._listener(ids, places)
    assert widget.session.selected == first
    assert widget.ui.coreToggleButton.text == "Drop selected case"


def test_a_suspected_label_is_one_click_away_with_its_place(widget, project, headless):
    from slice_views import slice_views

    suspected(project)
    with slice_views(headless) as logics:
        widget.jobSections.labelErrors.read()
        widget.ui.labelErrorsTable.double_click(0)
        assert widget.session.current == "case-1"
        place = logics["Red"].GetSliceNode().GetSliceToRAS()
        assert [round(place.GetElement(axis, 3), 3) for axis in range(3)] == [-1.5, 2.0, 3.0]
        widget.ui.labelErrorsTable.double_click(1)
        assert widget.session.current == "case-0"


def test_a_case_that_annotators_see_differently_is_one_click_away(widget, project):
    compared(project)
    widget.ui.agreementBlindCheck.checked = True
    widget.ui.agreementButton.click()
    assert widget.app.library.started[-1] == ["agreement", str(project.folder), "--blind"]
    end(widget)
    assert widget.ui.agreementTable.visible
    widget.ui.agreementCasesTable.double_click(0)
    assert widget.session.current == "case-3"
    assert widget.ui.historyTable.rowCount == 2


def test_labels_that_a_job_has_made_are_in_the_list(widget, project):
    project.set_flag("case-0", "suspected")
    widget.panel.jobs.start(["label-errors", str(project.folder), "--flag"])
    end(widget)
    assert states(widget)["case-0"] == "flagged"


def test_closing_the_scene_takes_charts_away_and_they_come_again(widget, project):
    chosen(project)
    widget.jobSections.coreSet.refresh()
    widget.ui.coreChartButton.click()
    assert marked_nodes(widget.app.scene, role="core set")
    widget.ui.coreChartButton.click()
    widget.app.scene.Clear(False)
    widget.jobSections.coreSet.refresh()
    assert not marked_nodes(widget.app.scene, role="core set")
    widget.ui.coreChartButton.click()
    assert marked_nodes(widget.app.scene, role="core set")
