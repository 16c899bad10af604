from __future__ import annotations

import errno
import os
from datetime import datetime, timezone

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import ClassLabel, LabelMap
from medopt.project import Project, import_folder

CASE = "case-00"


def files(project: Project) -> list[str]:
    return sorted(path.name for path in (project.folder / "drafts").rglob("*") if path.is_file())


def test_a_draft_is_no_version(filled: Project, make_label) -> None:
    assert filled.drafts.read(CASE, "kim") is None
    before = datetime.now(timezone.utc)
    filled.drafts.save(CASE, make_label(7), "kim", source="proposal", seconds=12.5, undos=3, blind=True)
    draft = filled.drafts.read(CASE, "kim")
    assert draft is not None
    np.testing.assert_array_equal(draft.label.array, make_label(7).array)
    assert before <= draft.time <= datetime.now(timezone.utc)
    assert (draft.case_id, draft.annotator, draft.source) == (CASE, "kim", "proposal")
    assert (draft.seconds, draft.undos, draft.blind) == (12.5, 3, True)
    assert (draft.started, draft.outdated) == (1, False)
    assert len(filled.label_history(CASE)) == 1
    np.testing.assert_array_equal(filled.read_label(CASE).array, make_label(0).array)


def test_the_last_draft_of_each_annotator_is_kept(filled: Project, make_label) -> None:
    for number in (1, 2, 3):
        filled.drafts.save(CASE, make_label(number), "kim")
    filled.drafts.save(CASE, make_label(4), "lee")
    filled.drafts.save("case-01", make_label(5), "kim")
    assert len(files(filled)) == 3
    for case_id, annotator, number in ((CASE, "kim", 3), (CASE, "lee", 4), ("case-01", "kim", 5)):
        np.testing.assert_array_equal(filled.drafts.read(case_id, annotator).label.array, make_label(number).array)
    assert [(d.case_id, d.annotator) for d in filled.drafts.list()] == [
        (CASE, "kim"),
        (CASE, "lee"),
        ("case-01", "kim"),
    ]
    filled.drafts.drop(CASE, "kim")
    filled.drafts.drop(CASE, "kim")
    assert filled.drafts.read(CASE, "kim") is None
    assert len(files(filled)) == 2
    assert filled.drafts.read(CASE, "lee") is not None


def test_a_draft_that_was_overtaken_says_so(filled: Project, make_label) -> None:
    filled.drafts.save(CASE, make_label(7), "kim")
    filled.save_label(CASE, make_label(8), annotator="lee")
    assert filled.drafts.read(CASE, "kim").outdated
    assert filled.drafts.list()[0].outdated
    filled.drafts.save(CASE, make_label(9), "kim")  # goes on from the old version all the same
    draft = filled.drafts.read(CASE, "kim")
    assert (draft.started, draft.outdated) == (1, True)
    filled.drafts.save(CASE, make_label(9), "kim", started=2)
    assert not filled.drafts.read(CASE, "kim").outdated
    filled.drafts.drop(CASE, "kim")
    filled.drafts.save(CASE, make_label(9), "kim")
    assert filled.drafts.read(CASE, "kim").started == 2


def test_a_draft_of_an_unlabelled_case(filled: Project, make_folder, make_label) -> None:
    import_folder(filled, make_folder(1, first=10, name="more", labelled=False)[0])
    filled.drafts.save("case-10", make_label(1), "kim")
    draft = filled.drafts.read("case-10", "kim")
    assert (draft.started, draft.outdated) == (0, False)
    assert filled.case("case-10").state == "unlabelled"


def test_drafts_of_classes(tmp_path, make_folder, classes) -> None:
    project = Project.create(tmp_path / "c", name="c", classes=classes, task="classification")
    import_folder(project, make_folder(1, labelled=False)[0])
    project.drafts.save(CASE, ClassLabel((3,)), "kim")
    assert project.drafts.read(CASE, "kim").label == ClassLabel((3,))


def test_a_draft_must_fit(filled: Project, make_label) -> None:
    wrong = LabelMap(np.full_like(make_label(1).array, 2), make_label(1).geometry)
    with pytest.raises(MedOptError, match="case case-00, draft: the label holds values that are no class"):
        filled.drafts.save(CASE, wrong, "kim")
    with pytest.raises(MedOptError, match="unknown case"):
        filled.drafts.save("nobody", make_label(1), "kim")
    with pytest.raises(MedOptError, match="no usable annotator"):
        filled.drafts.save(CASE, make_label(1), " ")
    assert filled.drafts.list() == []
    assert files(filled) == []


def test_annotators_stand_in_no_name_of_a_draft(filled: Project, make_label) -> None:
    filled.drafts.save(CASE, make_label(1), "kim-handle")
    assert "kim" not in "".join(files(filled))


def test_a_damaged_draft(filled: Project, make_label) -> None:
    filled.drafts.save(CASE, make_label(1), "kim")
    path = filled.folder / "drafts" / CASE / files(filled)[0]
    path.write_bytes(b"NRRD0004\nnonsense")
    with pytest.raises(MedOptError, match=path.name):
        filled.drafts.read(CASE, "kim")
    path.unlink()
    assert filled.drafts.read(CASE, "kim") is None
    filled.drafts.save(CASE, make_label(2), "kim")
    np.testing.assert_array_equal(filled.drafts.read(CASE, "kim").label.array, make_label(2).array)


def test_a_full_disk_leaves_the_earlier_draft(filled: Project, make_label, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    filled.drafts.save(CASE, make_label(1), "kim")
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        with pytest.raises(MedOptError, match="the disk is full"):
            filled.drafts.save(CASE, make_label(2), "kim")
    np.testing.assert_array_equal(filled.drafts.read(CASE, "kim").label.array, make_label(1).array)
    assert len(files(filled)) == 1


def test_a_kill_at_any_point_leaves_the_old_draft_or_the_new_one(
    filled: Project, make_label, crash_everywhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.drafts.save(CASE, make_label(1), "kim", undos=1)
    seen = {"now": 1}
    advanced = set()

    def work() -> None:
        filled.drafts.save(CASE, make_label(seen["now"] + 1), "kim", undos=seen["now"] + 1)

    def verify(_: int) -> None:
        draft = Project.open(filled.folder).drafts.read(CASE, "kim")
        assert draft is not None
        assert draft.undos in (seen["now"], seen["now"] + 1)
        np.testing.assert_array_equal(draft.label.array, make_label(draft.undos).array)
        advanced.add(draft.undos - seen["now"])
        seen["now"] = draft.undos

    assert crash_everywhere(work, verify) > 3
    assert advanced == {0, 1}
    assert len(files(filled)) > 1  # left by the kills, and removed when they are old
    monkeypatch.setattr("medopt.project.drafts.ABANDONED_SECONDS", -1)
    work()
    assert len(files(filled)) == 1
