"""Versions of a label in the panel: browsed, laid over the label, restored; nothing is lost by that."""

import numpy as np
import pytest
from MedOptLabelLib.label_history import ROLE, LabelHistory
from standins.material import GRID, blob
from test_label_session import paint, session, time  # noqa: F401

from medopt import MedOptError
from medopt.image import ClassLabel
from medopt.scene import label_from_segmentation, marked_nodes


@pytest.fixture
def history(mrml, session):  # noqa: F811
    return LabelHistory(mrml, session)


@pytest.fixture
def versions(project):
    """Case 2 with three versions: a corrected proposal, one by hand, and a blind one."""
    project.save_proposal("case-2", blob((1,)), model="round-001", round=1)
    project.save_label("case-2", blob((1, 2)), annotator="kim", seconds=65.0, source="proposal", note="first")
    project.save_label("case-2", blob((1, 2), 1), annotator="lee")
    project.save_label("case-2", blob((2,), 2), annotator="kim", blind=True)
    return project


def restore(history):
    return history.buttons()["restoreButton"]


def test_every_version_is_listed_the_newest_first(session, history, versions):  # noqa: F811
    assert history.text == ""
    assert restore(history).toolTip == "Show a case first: press Next."
    session.open("case-2")
    rows = history.cells()
    assert [row[0] for row in rows] == ["3", "2", "1"]
    assert [row[2] for row in rows] == ["kim", "lee", "kim"]
    assert [row[3] for row in rows] == ["by hand, blind", "by hand", "from round-001"]
    assert rows[2][5:] == ["1 min 05 s", "first"]
    assert rows[1][4] == f"{int((blob((1, 2)).array != blob((1, 2), 1).array).sum())} voxels"
    assert history.text == "case-2: 3 versions, the newest first. All of them are kept."
    session.open("case-3")
    assert history.text == "case-3 has no label yet."
    assert restore(history).toolTip == "The case has no label yet."


def test_a_version_is_laid_over_the_label_and_taken_away(session, history, versions, mrml):  # noqa: F811
    session.open("case-2")
    history.setShown(True)
    assert marked_nodes(mrml, role=ROLE) == []
    history.select(2)
    (node,) = marked_nodes(mrml, role=ROLE)
    assert node.GetName() == "case-2 version 1"
    shown = label_from_segmentation(node, GRID, versions.settings.classes)
    np.testing.assert_array_equal(shown.array, blob((1, 2)).array)
    assert not session.dirty, "looking is no change"
    history.select(1)
    (node,) = marked_nodes(mrml, role=ROLE)
    assert node.GetName() == "case-2 version 2"
    history.setShown(False)
    assert marked_nodes(mrml, role=ROLE) == []
    history.setShown(True)
    session.open("case-3")
    assert marked_nodes(mrml, role=ROLE) == []
    assert history.selected is None


def test_a_restored_version_counts_and_is_edited_on(session, history, versions):  # noqa: F811
    session.open("case-2")
    history.select(2)
    assert restore(history).enabled
    history.restore()
    np.testing.assert_array_equal(versions.read_label("case-2").array, blob((1, 2)).array)
    np.testing.assert_array_equal(session.editor.read().array, blob((1, 2)).array)
    assert not session.dirty
    assert [row[3] for row in history.cells()] == [
        f"version 1, restored by {session.annotator}",
        "by hand, blind",
        "by hand",
        "from round-001",
    ]
    newest = versions.label_history("case-2")[-1]
    assert (newest.annotator, newest.model) == ("kim", "round-001"), "it says what the restored one said"
    assert (newest.restored_from, newest.restored_by) == (1, session.annotator)
    session.leave()
    assert len(versions.label_history("case-2")) == 4, "there is nothing to save"
    paint(session, blob((1,)))
    session.leave()
    np.testing.assert_array_equal(versions.read_label("case-2").array, blob((1,)).array)
    assert versions.drafts.list() == []


def test_what_was_not_saved_becomes_a_version_before(session, history, versions):  # noqa: F811
    session.open("case-2")
    paint(session, blob((1,), 2))
    history.select(0)
    assert restore(history).enabled, "the newest version, since the label was changed after it"
    history.restore()
    stored = [versions.labels.read_version("case-2", n).array for n in (4, 5)]
    np.testing.assert_array_equal(stored[0], blob((1,), 2).array)
    np.testing.assert_array_equal(stored[1], blob((2,), 2).array)


def test_the_version_that_counts_need_not_be_restored(session, history, versions):  # noqa: F811
    session.open("case-2")
    assert restore(history).toolTip == "Select a version in the table first."
    history.select(0)
    assert restore(history).toolTip == "This version counts already."
    history.select(7)
    assert history.selected is None


def test_a_version_whose_file_is_gone_is_told(session, history, versions, mrml):  # noqa: F811
    session.open("case-2")
    versions.labels.history_path("case-2", 1).unlink()
    history.setShown(True)
    history.select(2)
    assert "the file of this version is missing" in history.text
    assert marked_nodes(mrml, role=ROLE) == []
    with pytest.raises(MedOptError, match="the file of this version is missing"):
        history.restore()
    np.testing.assert_array_equal(session.editor.read().array, blob((2,), 2).array)
    history.select(1)
    assert "missing" not in history.text


def test_classes_of_images_are_restored_too(session, history, unlabelled):  # noqa: F811
    project = unlabelled("classification")
    session.setProject(project)
    project.save_label("case-0", ClassLabel((1,)), annotator="kim")
    project.save_label("case-0", ClassLabel((4,)), annotator="kim")
    session.open("case-0")
    assert history.buttons()["showVersionCheck"].toolTip == "Classes of a whole image have no outlines."
    history.select(1)
    history.restore()
    assert session.editor.read() == ClassLabel((1,)) == project.read_label("case-0")
    assert history.cells()[0][4] == "2 classes"
