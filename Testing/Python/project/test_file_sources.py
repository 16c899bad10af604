from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.io import write_image
from medopt.project import ClassInfo, Finding, Project
from medopt.project.file_sources import compile_pattern, file_sources
from medopt.project.layouts import CaseFiles


def sources(project: Project, *keys: str, folder: Path, pattern: str | None = None, subject: str | None = None):
    left_out: list[Finding] = []
    notes: list[Finding] = []
    cases = []
    for key in keys:
        path = folder / f"{key.replace('/', '_')}.nrrd"
        path.write_bytes(key.encode())
        cases.append(CaseFiles(key.replace("/", "_"), key, (path,), None, subject))
    return file_sources(project, cases, pattern, left_out, notes), left_out, notes


def test_the_case_is_the_subject_unless_told(project: Project, tmp_path: Path) -> None:
    found, left_out, notes = sources(project, "a", "b", folder=tmp_path)
    assert [source.subject for source in found] == ["a", "b"]
    assert left_out == []
    assert [note.problem for note in notes] == ["every case counts as a subject of its own"]


def test_a_pattern_names_the_subject(project: Project, tmp_path: Path) -> None:
    found, left_out, notes = sources(
        project, "sub-01_left", "sub-01_right", "other", folder=tmp_path, pattern=r"^(sub-\d+)_"
    )
    assert [source.subject for source in found] == ["sub-01", "sub-01"]
    assert [(f.case, f.problem, f.found) for f in left_out] == [
        ("other", "the subject pattern does not match", "other")
    ]
    assert notes == []


def test_a_folder_tells_the_subject_and_a_pattern_overrules_it(project: Project, tmp_path: Path) -> None:
    found, _, notes = sources(project, "S1/a", folder=tmp_path, subject="S1")
    assert found[0].subject == "S1"
    assert notes == []
    found, _, _ = sources(project, "S1/a-9", folder=tmp_path, subject="S1", pattern=r"/a-(\d)")
    assert found[0].subject == "9"


@pytest.mark.parametrize(("pattern", "message"), [("(a", "no regular expression"), ("abc", "no group")])
def test_wrong_patterns(pattern: str, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        compile_pattern(pattern)


def test_the_hash_is_that_of_the_bytes(project: Project, tmp_path: Path) -> None:
    import hashlib

    found, _, _ = sources(project, "a", folder=tmp_path)
    assert found[0].image_sha256 == hashlib.sha256(b"a").hexdigest()


def test_several_files_are_stacked_in_order(tmp_path: Path, classes: tuple[ClassInfo, ...]) -> None:
    project = Project.create(tmp_path / "p", name="A", classes=classes, channels=("t1", "t2"))
    grid = Geometry((2, 3, 4))
    for number in (1, 2):
        write_image(Image(np.full((1, 2, 3, 4), number, np.int16), grid), tmp_path / f"{number}.nrrd")
    case = CaseFiles("a", "a", (tmp_path / "1.nrrd", tmp_path / "2.nrrd"))
    (source,) = file_sources(project, [case], None, [], [])
    np.testing.assert_array_equal(source.read().image.array[:, 0, 0, 0], [1, 2])


def test_grey_stored_as_colour_is_one_channel(project: Project, tmp_path: Path) -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(1, 1, 3, 4)
    write_image(Image(np.repeat(grey, 3, 0), Geometry((1, 3, 4))), tmp_path / "grey.nrrd")
    write_image(Image(np.concatenate([grey, grey, grey + 1]), Geometry((1, 3, 4))), tmp_path / "colour.nrrd")
    cases = [CaseFiles(name, name, (tmp_path / f"{name}.nrrd",)) for name in ("grey", "colour")]
    first, second = file_sources(project, cases, None, [], [])
    np.testing.assert_array_equal(first.read().image.array, grey)
    assert second.read().image.channels == 3


def test_a_file_that_vanished(project: Project, tmp_path: Path) -> None:
    left_out: list[Finding] = []
    gone = CaseFiles("gone", "gone", (tmp_path / "gone.nrrd",))
    assert file_sources(project, [gone], None, left_out, []) == []
    assert [(f.case, f.problem) for f in left_out] == [("gone", "a file cannot be read")]


@pytest.mark.parametrize(
    ("pattern", "subject", "attributes"),
    [
        (r"(?P<subject>s\d+)_(?P<site>[A-Z])", "s1", {"site": "B"}),
        (r"(?P<site>[A-Z])_(\d+)", "7", {"site": "B"}),
        (r"_(?P<site>[A-Z])", "s1_B_7", {"site": "B"}),
    ],
)
def test_named_groups_are_attributes(
    project: Project, tmp_path: Path, pattern: str, subject: str, attributes: dict[str, str]
) -> None:
    (found,), _, notes = sources(project, "s1_B_7", folder=tmp_path, pattern=pattern)
    assert (found.subject, found.attributes) == (subject, attributes)
    assert bool(notes) == ("(?P<subject>" not in pattern and "_(\\d" not in pattern)
