from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from sqlalchemy import update

from medopt import MedOptError
from medopt.image import DisplayWindow, Geometry, Image
from medopt.io import read_image
from medopt.project import Project
from medopt.project.images import content_sha256, stack_channels, write_channels
from medopt.project.intake import Loaded, Source, commit, stage
from medopt.project.schema import CHANNELS


@given(hnp.arrays(np.int16, hnp.array_shapes(min_dims=3, max_dims=3, max_side=4)))
def test_the_content_hash_knows_voxels_alone(array: np.ndarray) -> None:
    expected = hashlib.sha256(f"<i2 {array.shape} ".encode() + array.astype("<i2").tobytes()).hexdigest()
    assert content_sha256(array) == expected
    assert content_sha256(array.astype(">i2")) == expected
    assert content_sha256(np.asfortranarray(array)) == expected
    changed = array.copy()
    changed[0, 0, 0] ^= 1
    assert content_sha256(changed) != expected
    assert content_sha256(array.astype(np.int32)) != expected


def test_channels_on_one_grid_are_stacked(make_image) -> None:
    stacked = stack_channels([make_image(1), make_image(2)], "x")
    np.testing.assert_array_equal(stacked.array[1], make_image(2).array[0])


def test_channels_on_two_grids(make_image) -> None:
    moved = Image(make_image(1).array, Geometry((4, 6, 5), (2.0, 1.0, 1.5), (10.0, -20.0, 31.5)))
    with pytest.raises(MedOptError, match=r"x: the channels lie on different grids.*in channel 2"):
        stack_channels([make_image(1), moved], "x")


def test_a_written_channel_is_known_by_its_hashes(make_image, tmp_path) -> None:
    (file,) = write_channels(make_image(1), ["t1"], tmp_path, "images/a")
    assert file.path == "images/a/t1.nrrd"
    assert file.content_sha256 == content_sha256(make_image(1).array[0])
    assert file.file_sha256 == hashlib.sha256((tmp_path / "t1.nrrd").read_bytes()).hexdigest()


def test_a_missing_and_a_truncated_image(filled: Project) -> None:
    (path,) = filled.image_paths("case-00")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(MedOptError, match=r"truncated|damaged"):
        filled.read_image("case-00")
    path.unlink()
    with pytest.raises(MedOptError, match="does not exist"):
        filled.read_image("case-00")


def test_a_path_that_leaves_the_project_is_refused(filled: Project) -> None:
    with filled.catalogue.write() as connection:
        connection.execute(update(CHANNELS).where(CHANNELS.c.case_id == "case-00").values(path="../../secret.nrrd"))
    with pytest.raises(MedOptError, match="the path leaves its folder"):
        filled.read_image("case-00")


def with_windows(image: Image) -> Image:
    table = np.array([0, 5, 1023], np.uint16)
    return Image(
        image.array,
        image.geometry,
        (DisplayWindow(40, 400, name="brain"), DisplayWindow.of_table(table, -7, 10, inverted=True)),
    )


def put(project: Project, case_id: str, image: Image) -> Path:
    source = Source(case_id, case_id, "0" * 64, lambda: Loaded(image))
    assert commit(project, [stage(project, source, Loaded(image), None, reference=False)]) == []
    return project.folder / "images" / case_id / "display.json"


def test_display_windows_lie_beside_the_images(project: Project, make_image) -> None:
    image = with_windows(make_image(1))
    path = put(project, "a", image)
    assert path.is_file()
    assert project.read_image("a").windows == image.windows
    np.testing.assert_array_equal(project.read_image("a").array, image.array)


def test_a_case_without_windows_has_no_file(project: Project, make_image) -> None:
    path = put(project, "a", make_image(1))
    assert not path.exists()
    assert project.read_image("a").windows == ()


def test_windows_of_each_channel_come_back_to_it(tmp_path: Path, classes, make_image) -> None:
    project = Project.create(tmp_path / "two", name="Two", classes=classes, channels=["t1", "t2"])
    windows = (DisplayWindow(1, 2, channel=0), DisplayWindow(3, 4, channel=1), DisplayWindow(5, 6, channel=1))
    array = np.concatenate([make_image(1).array, make_image(2).array])
    put(project, "a", Image(array, make_image(1).geometry, windows))
    put(project, "b", with_windows(Image(array, make_image(1).geometry)))
    assert project.read_image("a").windows == windows
    assert project.read_image("b").windows == with_windows(make_image(1)).windows


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'{"windows": 3}', b'{"windows": [{}]}', b"\xff\xfe\x00",
        b'{"windows": [{"center":1,"width":0,"function":"LINEAR","inverted":false,"name":"","channel":null}]}',
    ],
)  # fmt: skip
def test_damaged_windows_are_named(project: Project, make_image, content: bytes) -> None:
    path = put(project, "a", with_windows(make_image(1)))
    path.write_bytes(content)
    with pytest.raises(MedOptError, match=r"display\.json: .*damaged"):
        project.read_image("a")
    path.unlink()
    assert project.read_image("a").windows == ()


def test_every_early_end_of_the_windows_is_one_clear_error(project: Project, make_image) -> None:
    path = put(project, "a", with_windows(make_image(1)))
    content = path.read_bytes()
    for end in range(len(content) - 2):
        path.write_bytes(content[:end])
        with pytest.raises(MedOptError, match=r"display\.json: .*damaged"):
            project.read_image("a")


def test_a_kill_while_windows_are_written_leaves_the_case_whole_or_absent(
    tmp_path: Path, classes, make_image, crash_everywhere
) -> None:
    image = with_windows(make_image(1))
    target = tmp_path / "p"
    template = Project.create(tmp_path / "template", name="A", classes=classes).folder
    shutil.copytree(template, target)

    def verify(_: int) -> None:
        project = Project.open(target)
        for case in project.cases():
            assert project.read_image(case.id).windows == image.windows
        if not project.cases():
            put(project, "a", image)
            assert project.read_image("a").windows == image.windows
        shutil.rmtree(target)
        shutil.copytree(template, target)

    assert crash_everywhere(lambda: put(Project.open(target), "a", image), verify) > 8


def test_a_referenced_dicom_file_is_asked_again(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "scan.dcm"
    shutil.copyfile(Path(pydicom.__file__).parent / "data" / "test_files" / "examples_overlay.dcm", path)
    image = read_image(path)
    assert len(image.windows) == 2
    source = Source("a", "a", "0" * 64, lambda: Loaded(image), (path,))
    commit(project, [stage(project, source, Loaded(image), None, reference=True)])
    assert project.read_image("a").windows == image.windows
    assert not (project.folder / "images" / "a").exists()
