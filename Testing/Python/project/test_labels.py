from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, insert, select

from medopt import MedOptError
from medopt.files import file_sha256
from medopt.image import Boxes, ClassLabel, Geometry, LabelMap
from medopt.io import read_segmentation, write_label_map
from medopt.project import Edits, Project
from medopt.project.schema import LABEL_INTENTS, LABEL_VERSIONS

CASE = "case-00"


def rows(project: Project) -> list:
    with project.catalogue.read() as connection:
        query = select(LABEL_VERSIONS).where(LABEL_VERSIONS.c.case_id == CASE).order_by(LABEL_VERSIONS.c.version)
        return list(connection.execute(query))


def intents(project: Project) -> list:
    with project.catalogue.read() as connection:
        return list(connection.execute(select(LABEL_INTENTS)))


def check_whole(project: Project) -> int:
    """Row and file of every version agree, and the newest is the one that counts; returns its number."""
    versions = rows(project)
    assert [row.version for row in versions] == list(range(1, len(versions) + 1))
    for row in versions[:-1]:
        assert file_sha256(project.labels.history_path(CASE, row.version)) == row.file_sha256
    assert file_sha256(project.labels.path(CASE)) == versions[-1].file_sha256
    assert project.case(CASE).labelled
    return len(versions)


def test_every_version_is_kept(filled: Project, make_label) -> None:
    for number in (1, 2, 3):
        made = filled.save_label(CASE, make_label(number), annotator="kim", seconds=30, note=f"round {number}")
        assert made == number + 1
    history = filled.label_history(CASE)
    assert [v.version for v in history] == [1, 2, 3, 4]
    assert [v.source for v in history] == ["import", "manual", "manual", "manual"]
    assert [v.note for v in history] == ["", "round 1", "round 2", "round 3"]
    assert [v.annotator for v in history] == [None, "kim", "kim", "kim"]
    np.testing.assert_array_equal(filled.read_label(CASE).array, make_label(3).array)
    assert filled.case(CASE).minutes == 1.5
    check_whole(filled)


def test_changes_are_counted_from_the_version_before(filled: Project, make_label) -> None:
    before, after = make_label(0), make_label(7)
    filled.save_label(CASE, after, annotator="kim")
    expected = sum(a != b for a, b in zip(before.array.ravel(), after.array.ravel(), strict=True))
    newest = filled.label_history(CASE)[-1]
    assert newest.changed == expected
    assert newest.marked == np.count_nonzero(after.array)
    assert newest.values == (1, 3)
    filled.save_label(CASE, after, annotator="kim")
    assert filled.label_history(CASE)[-1].changed == 0


def test_times_are_utc(filled: Project, make_label) -> None:
    before = datetime.now(timezone.utc)
    filled.save_label(CASE, make_label(1), annotator="kim")
    assert before <= filled.label_history(CASE)[-1].time <= datetime.now(timezone.utc)


def test_restore_makes_a_new_version_that_equals_an_old_one(filled: Project, make_label) -> None:
    filled.save_label(CASE, make_label(1), annotator="kim", seconds=60)
    filled.save_label(CASE, make_label(2), annotator="lee")
    assert filled.restore_label(CASE, 2) == 4
    np.testing.assert_array_equal(filled.read_label(CASE).array, make_label(1).array)
    newest = filled.label_history(CASE)[-1]
    assert (newest.source, newest.note, newest.annotator, newest.seconds) == ("restore", "version 2", "kim", None)
    versions = rows(filled)
    assert versions[3].file_sha256 == versions[1].file_sha256
    assert filled.case(CASE).minutes == 1.0
    check_whole(filled)
    assert filled.restore_label(CASE, 4, by="lee") == 5
    check_whole(filled)
    told = [(v.restored_from, v.restored_by, v.annotator) for v in filled.label_history(CASE)[-3:]]
    assert told == [(None, None, "lee"), (2, None, "kim"), (4, "lee", "kim")], "whose label it is stays as it was"


def test_who_restored_a_version_survives_a_kill(filled: Project, make_label, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    filled.save_label(CASE, make_label(1), annotator="kim")
    with monkeypatch.context() as patched:
        patched.setattr("medopt.project.labels.insert_version", broken)
        with pytest.raises(ZeroDivisionError):
            filled.restore_label(CASE, 1, by="lee")
    newest = Project.open(filled.folder).label_history(CASE)[-1]
    assert (newest.version, newest.source, newest.restored_from, newest.restored_by) == (3, "restore", 1, "lee")


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 65])
def test_who_restores_is_named_as_an_annotator_is(filled: Project, name: str) -> None:
    with pytest.raises(MedOptError, match="annotator"):
        filled.restore_label(CASE, 1, by=name)
    assert len(filled.label_history(CASE)) == 1


def test_restore_of_what_was_never_there(filled: Project) -> None:
    with pytest.raises(MedOptError, match="unknown version of the label: expected 1, found 7"):
        filled.restore_label(CASE, 7)


def test_slicer_reads_names_values_and_colours(filled: Project, classes) -> None:
    path = filled.label_path(CASE)
    assert path is not None
    segments = read_segmentation(path).segments
    assert [(s.name, s.value, s.terminology) for s in segments] == [("Anterior", 1, ""), ("Posterior", 3, "a~b")]
    for segment, info in zip(segments, classes, strict=True):
        assert segment.color == pytest.approx(info.rgb, abs=1e-6)


def test_a_label_on_another_grid_is_refused(filled: Project, make_label) -> None:
    good = make_label(1)
    moved = Geometry(good.geometry.shape, good.geometry.spacing, (0.0, 0.0, 0.0))
    with pytest.raises(MedOptError, match=r"case case-00: label and image lie on different grids: expected 4×6×5"):
        filled.save_label(CASE, LabelMap(good.array, moved), annotator="kim")
    assert check_whole(filled) == 1
    assert intents(filled) == []


def test_a_label_of_another_class_is_refused(filled: Project, make_label) -> None:
    wrong = make_label(1).array.copy()
    wrong[0, 0, 0] = 2
    with pytest.raises(MedOptError, match=r"no class of the project: expected 0, 1 \(Anterior\), 3 \(Post.*found 2"):
        filled.save_label(CASE, LabelMap(wrong, make_label(1).geometry), annotator="kim")
    assert check_whole(filled) == 1


@pytest.mark.parametrize("function", ["replace", "fsync"])
def test_a_full_disk_harms_nothing(filled: Project, make_label, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, function, full)
        with pytest.raises(MedOptError, match="the disk is full"):
            filled.save_label(CASE, make_label(1), annotator="kim")
    assert check_whole(filled) == 1
    np.testing.assert_array_equal(filled.read_label(CASE).array, make_label(0).array)
    assert not list((filled.folder / "labels").glob(".partial*"))
    assert filled.save_label(CASE, make_label(1), annotator="kim") == 2


def test_a_fault_after_the_file_is_in_place_is_mended(
    filled: Project, make_label, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("medopt.project.labels.insert_version", broken)
        with pytest.raises(ZeroDivisionError):
            filled.save_label(CASE, make_label(1), annotator="kim", seconds=12, note="mine")
    again = Project.open(filled.folder)
    assert check_whole(again) == 2
    newest = again.label_history(CASE)[-1]
    assert (newest.annotator, newest.seconds, newest.note, newest.source) == ("kim", 12, "mine", "manual")
    assert newest.changed == np.count_nonzero(make_label(0).array != make_label(1).array)
    assert intents(again) == []


def test_a_kill_at_any_point_leaves_the_old_label_or_the_new_one(filled: Project, make_label, crash_everywhere) -> None:
    def work() -> None:
        version = len(rows(filled))
        filled.save_label(CASE, make_label(version), annotator="kim", seconds=10)  # version n is make_label(n - 1)

    seen = {"now": 1}
    advanced = set()

    def verify(number: int) -> None:
        project = Project.open(filled.folder)
        version = check_whole(project)
        assert version in (seen["now"], seen["now"] + 1)
        advanced.add(version - seen["now"])
        seen["now"] = version
        for n in range(1, version):
            path = project.labels.history_path(CASE, n)
            np.testing.assert_array_equal(
                read_segmentation(path).to_label_map().array, make_label(n - 1).array, err_msg=str(number)
            )
        np.testing.assert_array_equal(project.read_label(CASE).array, make_label(version - 1).array)
        assert project.case(CASE).minutes == pytest.approx((version - 1) / 6) if version > 1 else True

    assert crash_everywhere(work, verify) > 8
    assert advanced == {0, 1}


def test_a_kill_during_the_very_first_label(project: Project, make_folder, make_label, crash_everywhere) -> None:
    from medopt.project import import_folder

    import_folder(project, make_folder(20, labelled=False)[0])
    cases = iter(project.cases())
    state = {"case": next(cases).id}

    def verify(_: int) -> None:
        again = Project.open(project.folder)
        if again.case(state["case"]).labelled:
            np.testing.assert_array_equal(again.read_label(state["case"]).array, make_label(1).array)
            assert again.label_history(state["case"])[0].annotator == "kim"
            state["case"] = next(cases).id
        else:
            assert not again.labels.path(state["case"]).exists()

    crash_everywhere(lambda: project.save_label(state["case"], make_label(1), annotator="kim"), verify)
    assert project.status().labelled > 1


KILLED = """
import sys
from medopt.image import LabelMap
from medopt.project import Project
import numpy as np
project = Project.open(sys.argv[1])
grid = project.case("case-00").geometry
print("ready", flush=True)
while True:
    version = len(project.label_history("case-00"))
    values = np.random.default_rng(1000 + version).choice([0, 1, 3], grid.shape).astype(np.uint8)
    project.save_label("case-00", LabelMap(values, grid), annotator="kim", seconds=1)
"""


def kill_while_saving(project: Project, make_label, times: int) -> None:
    chance = random.Random(7)
    for _ in range(times):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(project.folder)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        again = Project.open(project.folder)
        version = check_whole(again)
        np.testing.assert_array_equal(again.read_label(CASE).array, make_label(version - 1).array)
        assert again.catalogue.problems() == []


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_kill_9_while_saving(filled: Project, make_label) -> None:
    kill_while_saving(filled, make_label, 3)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_kill_9_while_saving_many_times(filled: Project, make_label) -> None:
    kill_while_saving(filled, make_label, 40)
    assert len(rows(filled)) > 1  # how many depends on the machine


def test_a_file_written_without_medopt_is_kept_as_a_version(filled: Project, make_label) -> None:
    other = Project.open(filled.folder)
    shutil.copy(filled.labels.path("case-01"), filled.labels.path(CASE))
    assert other.save_label(CASE, make_label(9), annotator="kim") == 3
    history = other.label_history(CASE)
    assert [v.source for v in history] == ["import", "outside", "manual"]
    outside = read_segmentation(other.labels.history_path(CASE, 2)).to_label_map()
    np.testing.assert_array_equal(outside.array, make_label(1).array)
    assert history[2].changed == np.count_nonzero(make_label(1).array != make_label(9).array)


def test_a_damaged_file_gives_way_to_a_new_label(filled: Project, make_label) -> None:
    filled.labels.path(CASE).write_bytes(b"NRRD0004\nnonsense")
    with pytest.raises(MedOptError):
        filled.read_label(CASE)
    assert filled.save_label(CASE, make_label(9), annotator="kim") == 2
    np.testing.assert_array_equal(filled.read_label(CASE).array, make_label(9).array)
    kept = list((filled.folder / "labels" / "history" / CASE).glob("*unreadable*"))
    assert [path.read_bytes() for path in kept] == [b"NRRD0004\nnonsense"]


def test_restore_when_the_file_is_gone(filled: Project, make_label) -> None:
    filled.save_label(CASE, make_label(1), annotator="kim")
    filled.labels.history_path(CASE, 1).unlink()
    with pytest.raises(MedOptError, match="version 1: the file of this version is missing"):
        filled.restore_label(CASE, 1)


def test_segments_are_recognised_by_name_and_cropped_files_are_padded(filled: Project, make_label) -> None:
    from dataclasses import replace

    from medopt.io import Segmentation, write_segmentation

    whole = make_label(4).array.copy()
    whole[0] = 0
    part = whole[1:]
    grid = filled.case(CASE).geometry.cropped((1, 0, 0), part.shape)
    swapped = np.select([part == 1, part == 3], [7, 5], 0).astype(np.uint8)
    stored = read_segmentation(filled.labels.path(CASE)).segments
    segments = tuple(replace(s, value={1: 7, 3: 5}[s.value]) for s in stored)
    write_segmentation(Segmentation(swapped[None], segments, grid), filled.labels.path(CASE))
    np.testing.assert_array_equal(filled.read_label(CASE).array, whole)
    assert filled.read_label(CASE).geometry == filled.case(CASE).geometry


def test_an_intent_that_came_to_nothing_is_forgotten_after_a_day(filled: Project) -> None:
    old = (datetime.now(timezone.utc) - timedelta(days=2)).isoformat()
    row = {"case_id": CASE, "record": json.dumps({})}
    with filled.catalogue.write() as connection:
        connection.execute(insert(LABEL_INTENTS).values(file_sha256="a" * 64, time=old, **row))
        new = datetime.now(timezone.utc).isoformat()
        connection.execute(insert(LABEL_INTENTS).values(file_sha256="b" * 64, time=new, **row))
    assert [intent.file_sha256[0] for intent in intents(Project.open(filled.folder))] == ["b"]
    assert check_whole(filled) == 1


SAVER = """
import sys
import numpy as np
from medopt.image import LabelMap
from medopt.project import Project
project = Project.open(sys.argv[1])
name, count = sys.argv[2], int(sys.argv[3])
grid = project.case("case-00").geometry
for number in range(count):
    for case in ("case-00", f"case-0{1 + int(name)}"):
        values = np.random.default_rng([int(name), number]).choice([0, 1, 3], grid.shape).astype(np.uint8)
        project.save_label(case, LabelMap(values, grid), annotator=f"annotator-{name}", note=str(number))
"""


def test_four_annotators_at_once_lose_nothing(filled: Project) -> None:
    count = 6
    command = [sys.executable, "-c", SAVER, str(filled.folder)]
    processes = [subprocess.Popen([*command, str(name), str(count)]) for name in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert check_whole(filled) == 1 + 4 * count
    made = {(v.annotator, v.note) for v in filled.label_history(CASE) if v.annotator}
    assert made == {(f"annotator-{name}", str(n)) for name in range(4) for n in range(count)}
    for name in range(4):
        assert len(filled.label_history(f"case-0{1 + name}")) == 1 + count
    assert intents(filled) == []
    for version in filled.label_history(CASE)[1:-1]:
        assert version.annotator is not None
        seed = [int(version.annotator[-1]), int(version.note)]
        label = read_segmentation(filled.labels.history_path(CASE, version.version)).to_label_map()
        expected = np.random.default_rng(seed).choice([0, 1, 3], label.array.shape)
        np.testing.assert_array_equal(label.array, expected)
    assert filled.catalogue.problems() == []


def test_a_label_map_put_beside_as_a_file_can_be_saved(filled: Project, make_label, tmp_path: Path) -> None:
    from medopt.io import read_label_map

    write_label_map(make_label(3), tmp_path / "edited.nii.gz")
    filled.save_label(CASE, read_label_map(tmp_path / "edited.nii.gz"), annotator="kim", source="import")
    np.testing.assert_array_equal(filled.read_label(CASE).array, make_label(3).array)


def boxes(version: int) -> Boxes:
    """One box for each version up to this one."""
    corners = [[[0.5, 0.5, 0.5], [2.5, 1.5 + n / 100, 3.5]] for n in range(version)]
    return Boxes.from_index(np.array(corners), [1 if n % 2 else 3 for n in range(version)], GRID, unjudged=())


def classes_of(version: int) -> ClassLabel:
    return ClassLabel((1,) if version % 2 else (3,))


GRID = Geometry((4, 6, 5), (2.0, 1.0, 1.5), (10.0, -20.0, 30.5))
TASKS = {"detection": (boxes, ".mrk.json"), "classification": (classes_of, ".class.json")}


@pytest.fixture(params=sorted(TASKS))
def task_project(request: pytest.FixtureRequest, tmp_path: Path, make_folder, classes) -> tuple:
    """(project with an unlabelled case-00, label of a version, suffix) of a task without voxels."""
    from medopt.project import import_folder

    project = Project.create(tmp_path / request.param, name="Test", classes=classes, task=request.param)
    import_folder(project, make_folder(1, labelled=False)[0])
    return (project, *TASKS[request.param])


def same(project: Project, label: Boxes | ClassLabel) -> bool:
    return project.labels.kind.sha256(project.read_label(CASE)) == project.labels.kind.sha256(label)


def test_every_kind_of_label_keeps_its_history(task_project: tuple) -> None:
    project, make, suffix = task_project
    project.save_proposal(CASE, make(2), model="m")
    assert same_label(project.read_proposal(CASE), make(2))
    for version in (1, 2, 3):
        assert project.save_label(CASE, make(version), annotator="kim", seconds=3) == version
    assert project.label_path(CASE).name == f"{CASE}{suffix}"
    assert check_whole(project) == 3
    history = project.label_history(CASE)
    expected = [1, 1, 1] if suffix == ".mrk.json" else [2, 2, 2]  # the first one against the proposal
    assert [v.changed for v in history] == expected
    assert project.restore_label(CASE, 1) == 4
    assert same(project, make(1))
    assert project.label_values() == {CASE: tuple(make(1).values())}
    assert project.label_contents()[CASE].counts == (1,)
    assert check_whole(project) == 4


def same_label(found: Boxes | ClassLabel, label: Boxes | ClassLabel) -> bool:
    return found.values() == label.values() and type(found) is type(label)


def test_a_kill_at_any_point_harms_no_kind_of_label(task_project: tuple, crash_everywhere) -> None:
    project, make, _ = task_project
    project.save_label(CASE, make(1), annotator="kim")
    seen = {"now": 1}
    advanced = set()

    def verify(_: int) -> None:
        again = Project.open(project.folder)
        version = check_whole(again)
        assert version in (seen["now"], seen["now"] + 1)
        advanced.add(version - seen["now"])
        seen["now"] = version
        assert same(again, make(version))

    work = lambda: project.save_label(CASE, make(len(rows(project)) + 1), annotator="kim")  # noqa: E731
    assert crash_everywhere(work, verify) > 8
    assert advanced == {0, 1}


def test_a_file_that_was_changed_outside_becomes_a_version(task_project: tuple, tmp_path: Path) -> None:
    project, make, _ = task_project
    project.save_label(CASE, make(1), annotator="kim")
    project.labels.kind.write(make(2), project.labels.path(CASE))
    assert project.save_label(CASE, make(3), annotator="kim") == 3
    assert [v.source for v in project.label_history(CASE)] == ["manual", "outside", "manual"]
    project.labels.path(CASE).write_text("{}")
    assert project.save_label(CASE, make(1), annotator="kim") == 4
    assert list(project.labels.history_path(CASE, 1).parent.glob("*-unreadable*"))


def test_a_label_of_another_task_is_refused(task_project: tuple, make_label) -> None:
    project, _, _ = task_project
    with pytest.raises(MedOptError, match="a label of another task"):
        project.save_label(CASE, make_label(1), annotator="kim")
    with pytest.raises(MedOptError, match="a label of another task"):
        project.save_proposal(CASE, make_label(1), model="m")


EDITS = Edits(changed=12, slices=2, added_path_length=7, surface_dice=0.75, as_is=False)


def test_a_version_keeps_what_was_changed_and_from_which_model(filled: Project, make_label) -> None:
    filled.save_proposal(CASE, make_label(5), model="run-2", confidence=0.5, round=4)
    filled.save_label(CASE, make_label(1), annotator="kim", source="proposal", edits=EDITS, undos=3)
    filled.save_label(CASE, make_label(2), annotator="lee", blind=True)
    first, second, third = filled.label_history(CASE)
    assert (first.edits, first.undos, first.blind, first.model, first.round) == (None, None, False, None, None)
    assert (second.edits, second.undos, second.blind, second.model, second.round) == (EDITS, 3, False, "run-2", 4)
    assert (third.edits, third.undos, third.blind, third.model, third.round) == (None, None, True, None, None)


@pytest.mark.parametrize(
    "edits",
    [Edits(0, 0, 0, None, True), Edits(0, 0, 0, 1.0, True), Edits(3, 1, 0, 0.0, False), Edits(5, 2, 9, None, False)],
)
def test_edits_come_back_as_they_were(filled: Project, make_label, edits: Edits) -> None:
    filled.save_label(CASE, make_label(1), annotator="kim", edits=edits, undos=0)
    newest = filled.label_history(CASE)[-1]
    assert newest.edits == edits
    assert newest.undos == 0


def test_the_proposal_that_the_work_began_from_is_named_though_it_was_replaced(filled: Project, make_label) -> None:
    filled.save_proposal(CASE, make_label(5), model="old", round=1)
    begun = filled.proposal(CASE)
    filled.save_proposal(CASE, make_label(6), model="new", round=2)
    filled.save_label(CASE, make_label(5), annotator="kim", source="proposal", started_from=begun)
    filled.save_label(CASE, make_label(6), annotator="kim", source="proposal")
    assert [(v.model, v.round) for v in filled.label_history(CASE)] == [(None, None), ("old", 1), ("new", 2)]


def test_a_label_from_a_proposal_that_nobody_knows(filled: Project, make_label) -> None:
    filled.save_label(CASE, make_label(1), annotator="kim", source="proposal", edits=EDITS, undos=2, blind=True)
    newest = filled.label_history(CASE)[-1]
    assert (newest.source, newest.model, newest.edits, newest.undos, newest.blind) == ("proposal", None, EDITS, 2, True)


def test_every_version_is_read_by_its_number(filled: Project, make_label) -> None:
    for seed in (5, 6):
        filled.save_label(CASE, make_label(seed), annotator="kim")
    first, *others = [version.version for version in filled.label_history(CASE)]
    for version, seed in zip(others, (5, 6), strict=True):
        np.testing.assert_array_equal(filled.labels.read_version(CASE, version).array, make_label(seed).array)
    with pytest.raises(MedOptError, match="unknown version of the label") as raised:
        filled.labels.read_version(CASE, 9)
    assert raised.value.expected == "1, 2, 3"
    filled.labels.history_path(CASE, first).unlink()
    with pytest.raises(MedOptError, match="file of this version is missing"):
        filled.labels.read_version(CASE, first)


def test_a_restored_version_tells_the_model_but_no_work(filled: Project, make_label) -> None:
    filled.save_proposal(CASE, make_label(5), model="m", round=1)
    filled.save_label(CASE, make_label(5), annotator="kim", source="proposal", edits=EDITS, undos=2)
    filled.save_label(CASE, make_label(6), annotator="kim", blind=True, edits=EDITS)
    filled.restore_label(CASE, 2)
    filled.restore_label(CASE, 3)
    from_model, blind = filled.label_history(CASE)[-2:]
    assert (from_model.model, from_model.round, from_model.blind) == ("m", 1, False)
    assert (blind.model, blind.round, blind.blind) == (None, None, True)
    for restored in (from_model, blind):
        assert (restored.edits, restored.undos, restored.seconds) == (None, None, None)


def test_what_was_changed_survives_a_kill(filled: Project, make_label, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    filled.save_proposal(CASE, make_label(5), model="m", round=1)
    with monkeypatch.context() as patched:
        patched.setattr("medopt.project.labels.insert_version", broken)
        with pytest.raises(ZeroDivisionError):
            filled.save_label(CASE, make_label(1), annotator="kim", source="proposal", edits=EDITS, undos=2)
    newest = Project.open(filled.folder).label_history(CASE)[-1]
    assert (newest.version, newest.model, newest.round, newest.edits, newest.undos) == (2, "m", 1, EDITS, 2)


def test_an_intent_of_an_older_medopt_becomes_a_version(filled: Project, make_label) -> None:
    filled.save_label(CASE, make_label(1), annotator="kim")
    new = {"model", "round", "undos", "blind"}
    row = {k: v for k, v in rows(filled)[1]._asdict().items() if k not in new and not k.startswith("edits_")}
    del row["case_id"], row["version"]
    with filled.catalogue.write() as connection:
        connection.execute(delete(LABEL_VERSIONS).where(LABEL_VERSIONS.c.version == 2))
        intent = {"case_id": CASE, "file_sha256": row["file_sha256"], "time": row["time"]}
        connection.execute(insert(LABEL_INTENTS).values(**intent, record=json.dumps(row)))
    newest = Project.open(filled.folder).label_history(CASE)[-1]
    assert (newest.version, newest.annotator, newest.edits, newest.blind) == (2, "kim", None, False)
