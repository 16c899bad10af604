"""What each round changed for the annotators, as the panel shows it, from labels of a real project."""

import numpy as np
import pytest
from MedOptLabelLib.live_training import LiveTraining
from MedOptLabelLib.rounds_view import FIGURES, PLOTS, RoundsView
from standins.material import blob
from test_label_teach_section import record

from medopt.labelling.rounds import save_round
from medopt.labelling.save import save_edited
from medopt.scene.tables import columns_from_table


@pytest.fixture
def view(mrml):
    return RoundsView(mrml, LiveTraining(mrml))


@pytest.fixture
def taught(project):
    """Case 2 was accepted as it was proposed in round 1; case 3 was corrected in 40 s."""
    save_round(project, record())
    for case in ("case-2", "case-3"):
        project.save_proposal(case, blob((1, 2)), model="round-001", round=1)
    save_edited(project, "case-2", blob((1, 2)), annotator="kim", seconds=10.0, source="proposal")
    save_edited(project, "case-3", blob((1, 2), 1), annotator="kim", seconds=40.0, source="proposal")
    return project


def test_a_row_a_round(view, taught):
    view.setProject(taught)
    assert view.cells() == [], "nothing is read before it is asked for"
    view.refresh()
    ((number, model, cases, score, path, seconds, as_is),) = view.cells()
    assert (number, model, cases) == ("1", "round-001 0.800", "2")
    one, other = blob((1, 2)).array, blob((1, 2), 1).array
    dice = np.mean([2 * ((one == v) & (other == v)).sum() / ((one == v).sum() + (other == v).sum()) for v in (1, 2)])
    assert score == f"{(1 + dice) / 2:.3f}"
    assert seconds == "25"
    assert as_is == "50"
    assert float(path) > 0


def test_the_effort_left_is_told(view, taught, cohort):
    view.setProject(taught)
    view.refresh()
    assert view.text == "Every case has a label."
    import shutil

    from medopt.project import import_folder

    more = cohort.images.parent / "more"
    more.mkdir()
    from standins.material import picture

    from medopt.io import write_image

    write_image(picture(9), more / "late.nrrd")
    import_folder(taught, more)
    shutil.rmtree(more)
    view.refresh()
    assert view.text == "Left: 1 cases, about 25 s, at 25 s a case as the last 2 timed cases went."


@pytest.mark.parametrize("kind", [kind for kind, _title in FIGURES])
def test_each_figure_is_a_chart_that_is_updated_in_place(view, taught, kind):
    view.setProject(taught)
    node = view.node(kind)
    (series,) = [node.GetNthPlotSeriesNode(n) for n in range(node.GetNumberOfPlotSeriesNodes())]
    columns = columns_from_table(series.GetTableNode())
    assert columns["round"] == [1.0]
    assert columns["case"] == ["round 1, n = 2"]
    assert view.node(FIGURES[0][0]) is node


def test_what_cannot_be_shown_is_told(view, project):
    assert view.buttons("score")["showRoundsButton"].toolTip == "Open or create a project first."
    view.setProject(project)
    assert view.buttons("score")["showRoundsButton"].enabled, "not known before it is read"
    assert view.node("score") is None
    assert view.buttons("score")["showRoundsButton"].toolTip == "No case was labelled in the panel yet."
    assert view.buttons("loss")["showRoundsButton"].toolTip.startswith("No training was followed")
    assert view.text.startswith("How much is left can be told when")
    assert {kind for kind, _title in PLOTS} >= {"learning", "loss"}


def test_a_round_under_way_has_a_row_without_figures(view, project):
    save_round(project, record(state="training"))
    view.setProject(project)
    view.refresh()
    assert view.cells() == [["1", "in training", "0", "–", "–", "–", "–"]]


def test_a_damaged_file_is_told(view, project):
    (project.folder / "labelling").mkdir(exist_ok=True)
    (project.folder / "labelling" / "rounds.json").write_text("{}")
    view.setProject(project)
    view.refresh()
    assert view.text.startswith("⚠ ")
    assert view.cells() == []


def test_sway_and_catch_trials_are_told(view, project, cohort):
    """Case 2 blind and 3 shown; both have proposals of the same round."""
    from medopt.labelling.blind import BlindSettings, save_blind

    save_blind(project, BlindSettings(share=0.0))
    project.save_proposal("case-2", blob((1, 2)), model="round-001", round=1)
    project.save_proposal("case-3", blob((1, 2)), model="round-001", round=1, catch=True)
    save_edited(project, "case-2", blob((1, 2), 1), annotator="kim", seconds=10.0, blind=True)
    save_edited(project, "case-3", blob((1, 2), 2), annotator="kim", seconds=20.0, source="proposal")
    view.setProject(project)
    view.refresh()
    assert view.text.endswith("Of 1 proposals that were wrong on purpose 1 were noticed.")
