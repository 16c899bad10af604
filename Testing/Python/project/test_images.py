from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from sqlalchemy import update

from medopt import MedOptError
from medopt.image import Geometry, Image
from medopt.project import Project
from medopt.project.images import content_sha256, stack_channels, write_channels
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
