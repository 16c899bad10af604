from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.project import Project
from medopt.project.intake import Loaded, ReadLabel, Source, Staged, as_finding, commit, hash_files, stage


def staged(project: Project, case_id: str, image, label, reference: bool = False, files: tuple = ()) -> Staged:
    source = Source(case_id, case_id, "0" * 64, lambda: Loaded(image), files)
    read = None if label is None else ReadLabel(label)
    return stage(project, source, Loaded(image, {"site": "A"}), read, reference)


def test_a_case_is_nowhere_before_it_is_committed(project: Project, make_image, make_label) -> None:
    one = staged(project, "a", make_image(1), make_label(1))
    assert project.cases() == []
    assert not (project.folder / "images" / "a").exists()
    assert commit(project, [one]) == []
    assert project.case("a").attributes == {"site": "A"}
    np.testing.assert_array_equal(project.read_label("a").array, make_label(1).array)


def test_discarding_leaves_nothing(project: Project, make_image, make_label) -> None:
    staged(project, "a", make_image(1), make_label(1)).discard()
    assert not list((project.folder / "images").iterdir())
    assert not list((project.folder / "labels").iterdir())


def test_the_second_of_two_cases_of_one_name_is_told(project: Project, make_image, make_label) -> None:
    first, second = (staged(project, name, make_image(n), None) for n, name in ((1, "a"), (2, "A")))
    assert commit(project, [first]) == []
    assert [finding.case for finding in commit(project, [second])] == ["A"]
    np.testing.assert_array_equal(project.read_image("a").array, make_image(1).array)


def test_a_batch_is_true_as_a_whole_or_not_at_all(
    project: Project, make_image, make_label, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = [staged(project, name, make_image(n), make_label(n)) for n, name in enumerate("abc")]
    assert batch[1].image_folder is not None
    moved = batch[1].image_folder.rename(project.folder / "elsewhere")
    with pytest.raises(MedOptError, match="cannot be written"):
        commit(project, batch)
    assert project.cases() == []
    moved.rename(batch[1].image_folder)
    again = [staged(project, name, make_image(n), make_label(n)) for n, name in enumerate("abc")]
    assert commit(project, again) == []
    assert [case.id for case in project.cases()] == ["a", "b", "c"]


def test_files_of_a_killed_import_give_way(project: Project, make_image, make_label) -> None:
    left = project.folder / "images" / "a"
    left.mkdir()
    (left / "image.nrrd").write_bytes(b"old")
    (left / "more.nrrd").write_bytes(b"old")
    commit(project, [staged(project, "a", make_image(1), None)])
    assert [path.name for path in left.iterdir()] == ["image.nrrd"]
    np.testing.assert_array_equal(project.read_image("a").array, make_image(1).array)


def test_findings_tell_no_path() -> None:
    source = Source("a", "a", "0", lambda: Loaded(None), about="series 3")  # type: ignore[arg-type]
    error = MedOptError("the file is truncated", where="/home/doe/scan.nii", expected="9 bytes", found="3")
    finding = as_finding(source, error)
    assert str(finding) == "a: the file is truncated: expected 9 bytes, found 3; series 3"


def test_the_hash_of_several_files_depends_on_their_order(tmp_path: Path) -> None:
    paths = []
    for name in "ab":
        (tmp_path / name).write_bytes(name.encode())
        paths.append(tmp_path / name)
    assert hash_files((paths[0],)) == hashlib.sha256(b"a").hexdigest()
    assert hash_files((paths[0], paths[1])) != hash_files((paths[1], paths[0]))
