"""read_image, write_image, read_geometry over all formats: round trips, damage, atomic writes."""

from __future__ import annotations

import contextlib
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.io import read_geometry, read_image, write_image

WRITABLE = [".nrrd", ".nii", ".nii.gz", ".mha"]
EXACT = {".nrrd": 1e-12, ".mha": 1e-12, ".nii": 1e-4, ".nii.gz": 1e-4}
"""Voxels; NIfTI-1 holds its geometry in 32 bit."""


@pytest.mark.parametrize("suffix", WRITABLE)
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_round_trip(
    tmp_path: Path, oblique: Geometry, rng, suffix: str, compress: bool, channels: int, dtype: str
) -> None:
    array = (rng.random((channels, *oblique.shape)) * 100).astype(dtype)
    path = tmp_path / f"scan{suffix}"
    write_image(Image(array, oblique), path, compress=compress)
    image = read_image(path)
    assert image.array.dtype == array.dtype
    np.testing.assert_array_equal(image.array, array)
    assert image.geometry.is_close(oblique, EXACT[suffix])
    assert read_geometry(path) == image.geometry
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_geometry_is_exact_in_nrrd_and_mha(tmp_path: Path, data: st.DataObject) -> None:
    numbers = st.floats(-1e4, 1e4)
    angle, mirror = data.draw(st.floats(-4, 4)), data.draw(st.sampled_from([1, -1]))
    direction = [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, mirror]]
    spacing = data.draw(st.tuples(*[st.floats(1e-3, 50)] * 3))
    origin = data.draw(st.tuples(numbers, numbers, numbers))
    geometry = Geometry((2, 3, 4), spacing, origin, tuple(map(tuple, direction)))
    image = Image(np.zeros((1, 2, 3, 4), np.uint8), geometry)
    for suffix in (".nrrd", ".mha"):
        write_image(image, tmp_path / f"a{suffix}")
        found = read_geometry(tmp_path / f"a{suffix}")
        assert found.origin == geometry.origin
        np.testing.assert_allclose(found.spacing, geometry.spacing, rtol=1e-14)
        np.testing.assert_allclose(found.direction, geometry.direction, atol=1e-14)


@pytest.mark.parametrize("suffix", WRITABLE)
@pytest.mark.parametrize(("dtype", "stored"), [("bool", "uint8"), ("float16", "float32")])
def test_types_that_files_lack_are_widened(
    tmp_path: Path, oblique: Geometry, rng, suffix: str, dtype: str, stored: str
) -> None:
    array = (rng.random((2, *oblique.shape)) > 0.5).astype(dtype)
    write_image(Image(array, oblique), tmp_path / f"a{suffix}")
    found = read_image(tmp_path / f"a{suffix}").array
    assert found.dtype == stored
    np.testing.assert_array_equal(found, array.astype(stored))


@pytest.mark.parametrize("suffix", WRITABLE)
def test_views_and_foreign_byte_orders_are_written_right(tmp_path: Path, oblique: Geometry, rng, suffix: str) -> None:
    big = rng.integers(-99, 99, (2, *oblique.shape)).astype(">i2")
    write_image(Image(big[:, ::-1], oblique), tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read_image(tmp_path / f"a{suffix}").array, big[:, ::-1])


@pytest.mark.parametrize("suffix", WRITABLE)
def test_the_same_image_gives_the_same_bytes(tmp_path: Path, oblique: Geometry, suffix: str) -> None:
    image = Image(np.arange(480, dtype=np.int16).reshape(1, *oblique.shape), oblique)
    for name in ("a", "b"):
        write_image(image, tmp_path / f"{name}{suffix}")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_read_arrays_can_be_changed(tmp_path: Path, oblique: Geometry) -> None:
    for suffix in WRITABLE:
        write_image(Image(np.zeros((1, *oblique.shape)), oblique), tmp_path / f"a{suffix}")
        read_image(tmp_path / f"a{suffix}").array[...] = 1


@pytest.mark.parametrize("name", ["a.png", "a.nhdr", "a.mhd", "a.seg.nrrd", "a", "a.txt", "a.dcm"])
def test_formats_that_cannot_be_written(tmp_path: Path, oblique: Geometry, name: str) -> None:
    image = Image(np.zeros((1, *oblique.shape)), oblique)
    with pytest.raises(MedOptError, match=r"cannot be written in this format: expected a name that ends in \.nrrd"):
        write_image(image, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", WRITABLE)
@pytest.mark.parametrize("compress", [False, True])
def test_every_early_end_is_one_clear_error(
    tmp_path: Path, oblique: Geometry, rng, suffix: str, compress: bool
) -> None:
    array = rng.integers(-99, 99, (1, *oblique.shape)).astype(np.int16)
    path = tmp_path / f"scan{suffix}"
    write_image(Image(array, oblique), path, compress=compress)
    data = path.read_bytes()
    ends = sorted(
        {0, 1, 2, 3, 131, 132, 347, 348, 351, 352, *range(4, len(data), 23), *range(len(data) - 9, len(data))}
    )
    for end in ends:
        path.write_bytes(data[:end])
        with pytest.raises(MedOptError, match=r"scan\.\w+.*: the .*(truncated|damaged|empty)"):
            read_image(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_random_damage_never_crashes(tmp_path: Path, data: st.DataObject) -> None:
    """Bytes changed at random: an image of the right kind or a MedOptError, nothing else."""
    suffix = data.draw(st.sampled_from(WRITABLE))
    path = tmp_path / f"scan{suffix}"
    array = np.arange(60, dtype=np.int16).reshape(1, 3, 4, 5)
    write_image(Image(array, Geometry((3, 4, 5))), path, compress=data.draw(st.booleans()))
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, min(len(raw), 420) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(raw)
    for read in (read_image, read_geometry):
        with contextlib.suppress(MedOptError):
            read(path)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_random_damage_of_dicom_never_crashes(tmp_path: Path, data: st.DataObject) -> None:
    from pydicom.data import get_testdata_file

    name = data.draw(st.sampled_from(["CT_small.dcm", "MR_small_RLE.dcm", "rtdose.dcm", "SC_rgb_small_odd.dcm"]))
    path = tmp_path / "scan.dcm"
    raw = bytearray(Path(str(get_testdata_file(name))).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(132, min(len(raw), 3000) - 1))
        if data.draw(st.booleans()):
            raw[at] = data.draw(st.integers(0, 255))
        else:
            del raw[at : at + data.draw(st.integers(1, 5))]
    path.write_bytes(raw)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for read in (read_image, read_geometry):
            with contextlib.suppress(MedOptError):
                read(path)


@pytest.mark.parametrize("suffix", [*WRITABLE, ".nhdr", ".mhd", ".seg.nrrd", ".png", ".jpg", ".tif", ".dcm"])
def test_files_of_another_type(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"scan{suffix}"
    for data in (b"text that is no image\n" * 50, bytes(1000), b"\x1f\x8b" + bytes(100)):
        path.write_bytes(data)
        for read in (read_image, read_geometry):
            with pytest.raises(MedOptError, match=r"scan\..*: "):
                read(path)
    path.write_bytes(b"")
    with pytest.raises(MedOptError, match="the file is empty"):
        read_image(path)
    path.unlink()
    with pytest.raises(MedOptError, match="the file does not exist"):
        read_image(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, oblique: Geometry, monkeypatch) -> None:
    path = tmp_path / "scan.nrrd"
    image = Image(np.ones((1, *oblique.shape), np.uint8), oblique)
    write_image(image, path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(MedOptError, match="the disk is full"):
        write_image(Image(image.array * 2, oblique), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["scan.nrrd"]


def test_folders_are_made(tmp_path: Path, oblique: Geometry) -> None:
    write_image(Image(np.ones((1, *oblique.shape), np.uint8), oblique), tmp_path / "new" / "뇌 scan.nrrd")
    assert read_image(str(tmp_path / "new" / "뇌 scan.nrrd")).channels == 1
