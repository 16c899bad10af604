from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.events import Collector
from medopt.files import file_sha256
from medopt.image import Geometry, Image, LabelMap
from medopt.io import read_image, read_label_map, write_image, write_label_map
from medopt.project import ClassInfo, Project, import_folder


def check_complete(project: Project, make_image, make_label) -> list[str]:
    """Every case of the catalogue has its own image and label; returns the ids."""
    ids = [case.id for case in project.cases()]
    for case_id in ids:
        number = int(case_id.split("-")[1])
        np.testing.assert_array_equal(project.read_image(case_id).array, make_image(number).array)
        np.testing.assert_array_equal(project.read_label(case_id).array, make_label(number).array)
        assert [v.source for v in project.label_history(case_id)] == ["import"]
    return ids


def test_images_and_labels_come_in_exactly(project: Project, make_folder, make_image, make_label) -> None:
    summary = import_folder(project, *make_folder(4))
    assert summary.imported == ("case-00", "case-01", "case-02", "case-03")
    assert summary.labelled == summary.imported
    assert (summary.unchanged, summary.left_out) == ((), ())
    assert check_complete(project, make_image, make_label) == list(summary.imported)
    label = project.read_label("case-01")
    assert label.geometry == project.read_image("case-01").geometry == project.case("case-01").geometry


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_dtype_and_oblique_geometry_are_kept(project: Project, tmp_path: Path, oblique: Geometry, dtype: str) -> None:
    values = (np.arange(np.prod(oblique.shape)).reshape(1, *oblique.shape) % 251).astype(dtype)
    write_image(Image(values, oblique), tmp_path / "in" / "a.nrrd")
    import_folder(project, tmp_path / "in")
    image = project.read_image("a")
    assert image.array.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(image.array, values)
    assert image.geometry == oblique


def test_nothing_of_the_header_is_carried_over(project: Project, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_image(Image(np.zeros((1, 2, 2, 2), np.int16) + 5, Geometry((2, 2, 2))), folder / "a.nrrd", compress=False)
    raw = (folder / "a.nrrd").read_bytes()
    head, data = raw.split(b"\n\n", 1)
    extra = b"\n# exported by Dr Jane Roe\npatient:=DOE^JOHN\ncontent: secret"
    (folder / "a.nrrd").write_bytes(head + extra + b"\n\n" + data)
    import_folder(project, folder)
    for path in project.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(word in content for word in (b"DOE", b"Jane", b"secret")), path


def test_repeating_an_import_changes_nothing(filled: Project, make_folder) -> None:
    before = {p: file_sha256(p) for p in filled.folder.rglob("*.nrrd")}
    summary = import_folder(filled, *make_folder(6))
    assert summary.imported == ("case-05",)
    assert summary.unchanged == tuple(f"case-{n:02d}" for n in range(5))
    assert summary.left_out == ()
    assert {p: file_sha256(p) for p in before} == before


def test_the_same_voxels_in_another_file_are_unchanged(filled: Project, make_image, make_label, tmp_path: Path) -> None:
    write_image(make_image(2), tmp_path / "x" / "case-02.nrrd")
    write_label_map(make_label(2), tmp_path / "y" / "case-02.mha")
    summary = import_folder(filled, tmp_path / "x", tmp_path / "y")
    assert (summary.unchanged, summary.left_out) == (("case-02",), ())


def test_changed_images_and_labels_are_told_and_left(filled: Project, make_folder, make_image, make_label) -> None:
    images, labels = make_folder(5)
    write_image(make_image(99), images / "case-01.nii.gz")
    write_label_map(make_label(99), labels / "case-02.nii.gz")
    summary = import_folder(filled, images, labels)
    assert summary.unchanged == ("case-00", "case-03", "case-04")
    assert [(f.case, f.problem) for f in summary.left_out] == [
        ("case-01", "the image has changed since it was imported"),
        ("case-02", "the project has another label for this case"),
    ]
    check_complete(filled, make_image, make_label)


def test_a_corrected_label_is_not_taken_for_a_change(filled: Project, make_folder, make_label) -> None:
    filled.save_label("case-01", make_label(77), annotator="kim")
    summary = import_folder(filled, *make_folder(5))
    assert (len(summary.unchanged), summary.left_out) == (5, ())
    np.testing.assert_array_equal(filled.read_label("case-01").array, make_label(77).array)


def test_a_label_that_comes_later(project: Project, make_folder, make_image, make_label) -> None:
    images, labels = make_folder(3)
    import_folder(project, images)
    assert project.status().labelled == 0
    (labels / "case-02.nii.gz").unlink()
    summary = import_folder(project, images, labels)
    assert summary.labelled == ("case-00", "case-01")
    assert summary.unchanged == ("case-02",)
    assert [(n.case, n.problem) for n in summary.notes if n.case] == [("case-02", "no label for this image")]
    assert len(import_folder(project, images, labels).unchanged) == 3
    assert [v.source for v in project.label_history("case-00")] == ["import"]


def test_one_bad_case_never_keeps_out_another(project: Project, make_folder, make_image, make_label) -> None:
    images, labels = make_folder(10)
    path = images / "case-01.nii.gz"
    path.write_bytes(path.read_bytes()[:-30])
    (images / "case-02.nii.gz").write_bytes(b"")
    (images / "case-03.nii.gz").write_bytes(b"<html>not found</html>" * 50)
    moved = Geometry((4, 6, 5), (2.0, 1.0, 1.5), (0.0, 0.0, 0.0))
    write_label_map(LabelMap(make_label(4).array, moved), labels / "case-04.nii.gz")
    wrong = make_label(5).array.copy()
    wrong[0, 0, :2] = 2, 9
    write_label_map(LabelMap(wrong, make_label(5).geometry), labels / "case-05.nii.gz")
    (labels / "case-06.nii.gz").write_bytes(b"\x1f\x8b garbage")
    fractions = Image(make_image(7).array / np.float32(1000), make_image(7).geometry)
    write_image(fractions, labels / "case-07.nii.gz")
    (labels / "case-08.nii.gz").unlink()
    write_label_map(make_label(9), labels / "nobody.nii.gz")
    summary = import_folder(project, images, labels)
    assert summary.imported == ("case-00", "case-08", "case-09")
    problems = {finding.case: str(finding) for finding in summary.left_out}
    assert set(problems) == {f"case-0{n}" for n in range(1, 8)} | {"nobody"}
    assert "truncated" in problems["case-01"]
    assert "empty" in problems["case-02"]
    assert "lie on different grids" in problems["case-04"]
    assert "expected 0, 1 (Anterior), 3 (Posterior), found 2, 9" in problems["case-05"]
    assert "damaged" in problems["case-06"] or "truncated" in problems["case-06"]
    assert "expected whole numbers" in problems["case-07"]
    assert not any(str(images.parent) in text for text in problems.values())
    assert project.case("case-08").state == "unlabelled"
    assert not list(project.folder.rglob(".partial*"))


def test_a_repaired_case_comes_in_by_repeating(project: Project, make_folder, make_image, make_label) -> None:
    images, labels = make_folder(3)
    good = (images / "case-01.nii.gz").read_bytes()
    (images / "case-01.nii.gz").write_bytes(good[:60])
    import_folder(project, images, labels)
    (images / "case-01.nii.gz").write_bytes(good)
    assert import_folder(project, images, labels).imported == ("case-01",)
    assert len(check_complete(project, make_image, make_label)) == 3


def test_empty_labels_come_in_with_a_warning(project: Project, make_folder, make_label) -> None:
    images, labels = make_folder(2)
    write_label_map(LabelMap(make_label(0).array * 0, make_label(0).geometry), labels / "case-00.nii.gz")
    summary = import_folder(project, images, labels)
    assert ("case-00", "warning", "the label is empty") in [(n.case, n.severity, n.problem) for n in summary.notes]
    assert project.label_history("case-00")[0].values == ()


def test_several_channels(tmp_path: Path, classes: tuple[ClassInfo, ...], make_image) -> None:
    project = Project.create(tmp_path / "p", name="A", classes=classes, channels=("t1", "flair"))
    moved = Geometry((4, 6, 5), (2.0, 1.0, 1.5), (10.0, -20.0, 31.5))
    for case, (first, second) in {"a": (1, 2), "b": (3, 4)}.items():
        write_image(make_image(first), tmp_path / "in" / case / "t1.nii.gz")
        write_image(make_image(second), tmp_path / "in" / case / "flair.nii.gz")
    write_image(Image(make_image(4).array, moved), tmp_path / "in" / "b" / "flair.nii.gz")
    summary = import_folder(project, tmp_path / "in")
    assert summary.imported == ("a",)
    assert [(f.case, f.problem) for f in summary.left_out] == [("b", "the channels lie on different grids")]
    both = np.concatenate([make_image(1).array, make_image(2).array])
    np.testing.assert_array_equal(project.read_image("a").array, both)
    assert [path.name for path in project.image_paths("a")] == ["t1.nrrd", "flair.nrrd"]
    write_image(Image(both, make_image(1).geometry), tmp_path / "one" / "c.nrrd")
    write_image(make_image(1), tmp_path / "one" / "d.nrrd")
    summary = import_folder(project, tmp_path / "one")
    assert summary.imported == ("c",)
    assert [str(f)[:60] for f in summary.left_out] == ["d: wrong number of channels: expected 2 (t1, flair), found 1"]


def test_reference_leaves_images_in_place_and_watches_them(
    tmp_path: Path, project: Project, make_folder, make_image, make_label
) -> None:
    images, labels = make_folder(2)
    summary = import_folder(project, images, labels, reference=True)
    assert summary.imported == ("case-00", "case-01")
    assert project.image_paths("case-00") == ((images / "case-00.nii.gz").resolve(),)
    assert not list((project.folder / "images").iterdir())
    check_complete(project, make_image, make_label)
    assert not project.images.files("case-00")[0].path.startswith("/")
    write_image(make_image(5), images / "case-00.nii.gz")
    with pytest.raises(MedOptError, match="case case-00, channel image: the referenced image has changed"):
        project.read_image("case-00")
    (images / "case-01.nii.gz").unlink()
    with pytest.raises(MedOptError, match="case case-01, channel image: the referenced image is missing"):
        project.read_image("case-01")


def test_a_referenced_file_with_all_channels(tmp_path: Path, classes: tuple[ClassInfo, ...], make_image) -> None:
    project = Project.create(tmp_path / "p", name="A", classes=classes, channels=("t1", "flair"))
    both = np.concatenate([make_image(1).array, make_image(2).array])
    write_image(Image(both, make_image(1).geometry), tmp_path / "in" / "a.nrrd")
    import_folder(project, tmp_path / "in", reference=True)
    np.testing.assert_array_equal(project.read_image("a").array, both)


def test_slicer_segmentations_are_read_by_name(filled: Project, tmp_path: Path, classes, make_image) -> None:
    other = Project.create(
        tmp_path / "other",
        name="Other values",
        classes=[ClassInfo(value=9, name=classes[0].name, color="#000000"), classes[1]],
    )
    shutil.copytree(filled.folder / "labels", tmp_path / "segs", ignore=shutil.ignore_patterns("history"))
    images = tmp_path / "scans" / "images"
    assert len(import_folder(other, images, tmp_path / "segs").labelled) == 5
    expected = filled.read_label("case-02").array.copy()
    expected[expected == 1] = 9
    np.testing.assert_array_equal(other.read_label("case-02").array, expected)


def test_progress_and_what_was_left_out_are_told(project: Project, make_folder) -> None:
    images, labels = make_folder(3)
    (images / "case-01.nii.gz").write_bytes(b"x")
    told = Collector()
    import_folder(project, images, labels, reporter=told)
    progress = [event for event in told.events if event["kind"] == "progress"]
    assert (progress[0]["done"], progress[-1]["done"], progress[-1]["total"]) == (0, 3, 3)
    messages = [event["text"] for event in told.events if event["kind"] == "message"]
    assert len(messages) == 1
    assert messages[0].startswith("left out: case-01:")


def test_no_images_and_no_folder(project: Project, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MedOptError, match="no images found"):
        import_folder(project, tmp_path / "empty")
    with pytest.raises(MedOptError, match="no such folder"):
        import_folder(project, tmp_path / "missing")
    with pytest.raises(MedOptError, match="no such folder"):
        import_folder(project, tmp_path / "file.txt")


def test_a_full_disk_ends_the_import_and_harms_nothing(
    filled: Project, make_folder, make_image, make_label, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, labels = make_folder(12)
    real, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(MedOptError, match="the disk is full"):
            import_folder(filled, images, labels)
    assert len(check_complete(Project.open(filled.folder), make_image, make_label)) >= 5
    assert not list(filled.folder.rglob(".partial*"))
    import_folder(filled, images, labels)
    assert len(check_complete(filled, make_image, make_label)) == 12


LIMITED = """
import resource, sys
from medopt import MedOptError
from medopt.project import Project, import_folder
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    import_folder(Project.open(sys.argv[1]), sys.argv[2])
except MedOptError as error:
    print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="resource limits")
def test_files_that_the_system_refuses_to_grow(filled: Project, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 2**31, (1, 20, 30, 40)).astype(np.int32)
    write_image(Image(noise, Geometry((20, 30, 40))), tmp_path / "big" / "big.nrrd")
    command = [sys.executable, "-c", LIMITED, str(filled.folder), str(tmp_path / "big")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot be written" in done.stdout
    assert [case.id for case in Project.open(filled.folder).cases()] == [f"case-{n:02d}" for n in range(5)]
    assert not (filled.folder / "images" / "big").exists()
    assert import_folder(filled, tmp_path / "big").imported == ("big",)


def test_a_kill_at_any_point_leaves_each_case_complete_or_absent(
    tmp_path: Path, classes, make_folder, make_image, make_label, crash_everywhere
) -> None:
    folders = make_folder(2)
    target = tmp_path / "p"
    template = Project.create(tmp_path / "template", name="A", classes=classes).folder

    def work() -> None:
        import_folder(Project.open(target), *folders)

    def fresh() -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(template, target)

    found = set()

    def verify(_: int) -> None:
        project = Project.open(target)
        found.add(len(check_complete(project, make_image, make_label)))
        summary = import_folder(project, *folders)
        assert summary.left_out == ()
        assert len(check_complete(project, make_image, make_label)) == 2
        fresh()

    fresh()
    assert crash_everywhere(work, verify) > 20
    assert 0 in found


IMPORTER = """
import sys
from medopt.project import Project, import_folder
project = Project.open(sys.argv[1])
print("ready", flush=True)
import_folder(project, sys.argv[2], sys.argv[3])
print("done", flush=True)
"""


def importer(project: Project, folders: tuple[Path, Path]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", IMPORTER, str(project.folder), *map(str, folders)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def kill_while_importing(project: Project, folders, make_image, make_label, times: int, longest: float) -> set[int]:
    chance = random.Random(3)
    seen = set()
    for _ in range(times):
        process = importer(project, folders)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        seen.add(len(check_complete(Project.open(project.folder), make_image, make_label)))
    return seen


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_kill_9_while_importing(project: Project, make_folder, make_image, make_label) -> None:
    folders = make_folder(60)
    kill_while_importing(project, folders, make_image, make_label, 3, 0.4)
    summary = import_folder(project, *folders)
    assert (len(summary.imported) + len(summary.unchanged), summary.left_out) == (60, ())
    assert len(check_complete(project, make_image, make_label)) == 60
    assert project.catalogue.problems() == []


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_kill_9_while_importing_many_times(tmp_path: Path, classes, make_folder, make_image, make_label) -> None:
    folders = make_folder(60)
    for number in range(12):
        project = Project.create(tmp_path / f"p{number}", name="A", classes=classes)
        kill_while_importing(project, folders, make_image, make_label, 2, 0.5)
        import_folder(project, *folders)
        assert len(check_complete(project, make_image, make_label)) == 60


def test_four_imports_at_once_lose_nothing(project: Project, make_folder, make_image, make_label) -> None:
    parts = [make_folder(10, first=10 * n, name=f"part{n}") for n in range(4)]
    processes = [importer(project, part) for part in parts]
    for process in processes:
        assert process.communicate()[0] == "ready\ndone\n"
    assert len(check_complete(project, make_image, make_label)) == 40
    assert project.catalogue.problems() == []


def test_two_imports_of_the_same_folder_at_once(project: Project, make_folder, make_image, make_label) -> None:
    folders = make_folder(25)
    processes = [importer(project, folders) for _ in range(2)]
    for process in processes:
        assert process.communicate()[0] == "ready\ndone\n"
    assert len(check_complete(project, make_image, make_label)) == 25
    assert not list(project.folder.rglob(".partial*"))


def test_what_a_killed_import_left_long_ago_is_removed(project: Project, make_folder) -> None:
    old = project.folder / "images" / ".partial-0-x"
    new = project.folder / "images" / ".partial-1-x"
    for folder in (old, new):
        folder.mkdir()
        (folder / "image.nrrd").write_bytes(b"x")
    stray = project.folder / "labels" / ".partial-2-x.seg.nrrd"
    stray.write_bytes(b"x")
    for path in (old, stray):
        os.utime(path, (1, 1))
    import_folder(project, *make_folder(1))
    assert not old.exists()
    assert not stray.exists()
    assert new.exists()


def test_hippocampus(project: Project, real_data: Path, tmp_path: Path) -> None:
    root = real_data / "hippocampus"
    classes = [ClassInfo(value=n, name=name, color="#ff0000") for n, name in ((1, "Anterior"), (2, "Posterior"))]
    project = Project.create(tmp_path / "real", name="Hippocampus", classes=classes)
    summary = import_folder(project, root / "imagesTr", root / "labelsTr")
    assert (len(summary.imported), len(summary.labelled), summary.left_out) == (195, 195, ())
    for case in project.cases()[::13]:
        original = read_image(root / "imagesTr" / f"{case.id}.nii.gz")
        stored = project.read_image(case.id)
        np.testing.assert_array_equal(stored.array, original.array)
        assert stored.array.dtype == original.array.dtype
        assert stored.geometry == original.geometry
        label = read_label_map(root / "labelsTr" / f"{case.id}.nii.gz")
        np.testing.assert_array_equal(project.read_label(case.id).array, label.array)
    assert len(import_folder(project, root).unchanged) == 195
