"""NIfTI, with nibabel and SimpleITK as judges."""

from __future__ import annotations

import itertools
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK
from numpy.testing import assert_allclose, assert_array_equal

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.io import read_geometry, read_image, write_image

SIZES = (4, 3, 2)
"""i, j, k."""


def rigid(turn: float, spacing: tuple[float, float, float], origin: tuple[float, float, float], mirror: bool = False):
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag([-1 if mirror else 1, 1, 1]) * spacing
    affine[:3, 3] = origin
    return affine


SFORM = rigid(0.3, (2, 3, 4), (10, 20, 30))
QFORM = rigid(-1.2, (2, 3, 4), (-1, -2, -3))


def save(path: Path, data: np.ndarray, sform=None, sform_code=0, qform=None, qform_code=0, **fields) -> Path:
    image = nibabel.Nifti1Image(data, None)
    image.header.set_zooms([2, 3, 4, *[1] * 9][: data.ndim])
    if sform is not None:
        image.header.set_sform(sform)
    if qform is not None:
        image.header.set_qform(qform)
    image.header["sform_code"], image.header["qform_code"] = sform_code, qform_code
    for name, value in fields.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize(("sform_code", "qform_code"), list(itertools.product(range(5), range(5))))
def test_the_choice_of_form_is_that_of_itk(tmp_path: Path, sform_code: int, qform_code: int) -> None:
    data = np.zeros(SIZES, np.int16)
    path = save(tmp_path / "a.nii", data, SFORM, sform_code, QFORM, qform_code)
    image = SimpleITK.ReadImage(str(path))
    expected = Geometry.from_itk(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())
    assert read_geometry(path).is_close(expected, 1e-5)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("turn", [0.0, 0.7, np.pi, -2.5])
def test_affine_agrees_with_nibabel(tmp_path: Path, turn: float, mirror: bool) -> None:
    affine = rigid(turn, (2, 3, 4), (5, 6, 7), mirror)
    for codes in ((1, 0), (0, 1), (2, 0), (1, 1)):
        path = save(tmp_path / "a.nii", np.zeros(SIZES, np.uint8), affine, codes[0], affine, codes[1])
        assert_allclose(read_geometry(path).to_ijk_to_ras(), nibabel.load(path).affine, atol=2e-5)


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_stored_types_and_byte_orders(tmp_path: Path, dtype: str, order: str, kind: type, rng) -> None:
    data = (rng.random(SIZES) * 100).astype(order + dtype)
    header = (nibabel.Nifti1Header if kind is nibabel.Nifti1Image else nibabel.Nifti2Header)(endianness=order)
    header.set_data_dtype(dtype)
    nibabel.save(kind(data, SFORM, header, dtype=dtype), tmp_path / "a.nii.gz")
    image = read_image(tmp_path / "a.nii.gz")
    assert image.array.dtype == np.dtype(dtype)
    assert image.array.dtype.isnative
    assert_array_equal(image.array[0], data.T)


@pytest.mark.parametrize(("slope", "intercept", "kind"), [(2, -7, "i"), (0.5, 1, "f"), (0, 9, "i"), (np.nan, 1, "i")])
def test_scale_is_applied(tmp_path: Path, slope: float, intercept: float, kind: str, rng) -> None:
    data = rng.integers(-99, 99, SIZES).astype(np.int16)
    path = save(tmp_path / "a.nii", data)
    raw = bytearray(path.read_bytes())
    raw[112:120] = np.array([slope, intercept], "<f4").tobytes()
    path.write_bytes(raw)
    image = read_image(path)
    assert image.array.dtype.kind == kind
    assert_array_equal(image.array[0], np.asarray(nibabel.load(path).dataobj).T)


def test_fourth_and_fifth_axis_become_channels(tmp_path: Path, rng) -> None:
    data = rng.integers(0, 99, (*SIZES, 5)).astype(np.int16)
    path = save(tmp_path / "a.nii", data)
    assert_array_equal(read_image(path).array, data.T)
    path = save(tmp_path / "b.nii", data[:, :, :, None])
    assert_array_equal(read_image(path).array, data.T)
    assert read_geometry(path).shape == (2, 3, 4)


def test_two_more_axes_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", np.zeros((*SIZES, 2, 3), np.int16))
    with pytest.raises(MedOptError, match=r"a\.nii: too many axes"):
        read_image(path)


def test_two_dimensions_give_one_slice(tmp_path: Path, rng) -> None:
    data = rng.integers(0, 99, (4, 3)).astype(np.int16)
    path = save(tmp_path / "a.nii", data)
    assert read_image(path).array.shape == (1, 1, 3, 4)
    assert_array_equal(read_image(path).array[0, 0], data.T)


def test_colour_voxels_become_channels(tmp_path: Path, rng) -> None:
    colours = rng.integers(0, 255, (*SIZES, 3)).astype(np.uint8)
    packed = np.ascontiguousarray(colours).view(np.dtype([(c, "u1") for c in "RGB"]))[..., 0]
    nibabel.save(nibabel.Nifti1Image(packed, SFORM), tmp_path / "a.nii")
    image = read_image(tmp_path / "a.nii")
    assert image.array.shape == (3, 2, 3, 4)
    assert_array_equal(image.array, np.moveaxis(colours, -1, 0).transpose(0, 3, 2, 1))


def test_sheared_affine_is_refused(tmp_path: Path) -> None:
    affine = SFORM.copy()
    affine[:3, 1] += 0.2 * affine[:3, 0]
    path = save(tmp_path / "a.nii", np.zeros(SIZES, np.int16), affine, 1)
    with pytest.raises(MedOptError, match=r"a\.nii: the voxel grid is sheared"):
        read_image(path)
    with pytest.raises(MedOptError, match="sheared"):
        read_geometry(path)


def test_sform_of_zeros_falls_back_to_the_qform(tmp_path: Path) -> None:
    path = save(tmp_path / "a.nii", np.zeros(SIZES, np.int16), np.diag([0, 0, 0, 1.0]), 0, QFORM, 1)
    raw = bytearray(path.read_bytes())
    raw[254:256] = (1).to_bytes(2, "little")
    path.write_bytes(raw)
    assert_allclose(read_geometry(path).to_ijk_to_ras(), QFORM, atol=1e-5)


@pytest.mark.parametrize(("unit", "scale"), [(1, 1000.0), (2, 1.0), (3, 0.001)])
def test_units(tmp_path: Path, unit: int, scale: float) -> None:
    path = save(tmp_path / "a.nii", np.zeros(SIZES, np.int16), SFORM, 1, xyzt_units=unit)
    assert_allclose(read_geometry(path).spacing, np.array([4, 3, 2]) * scale, rtol=1e-6)
    assert_allclose(read_geometry(path).origin, np.array([-10, -20, 30]) * scale, rtol=1e-6)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("mirror", [False, True])
def test_what_is_written_is_the_same_to_others(tmp_path: Path, oblique: Geometry, suffix: str, mirror: bool) -> None:
    direction = np.asarray(oblique.direction) * ([1, 1, -1] if mirror else [1, 1, 1])
    geometry = Geometry(oblique.shape, oblique.spacing, oblique.origin, tuple(map(tuple, direction)))
    array = np.arange(480, dtype=np.int16).reshape(1, *geometry.shape)
    path = tmp_path / f"a{suffix}"
    write_image(Image(array, geometry), path)
    theirs = nibabel.load(path)
    assert_array_equal(np.asarray(theirs.dataobj), array[0].T)
    for affine in (theirs.header.get_sform(), theirs.header.get_qform()):
        assert_allclose(affine, geometry.to_ijk_to_ras(), atol=1e-5)
    image = SimpleITK.ReadImage(str(path))
    assert_array_equal(SimpleITK.GetArrayFromImage(image), array[0])
    found = Geometry.from_itk(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())
    assert found.is_close(geometry, 1e-4)


@pytest.mark.parametrize("turn", np.linspace(-np.pi, np.pi, 9))
def test_half_turns_survive_the_quaternion(tmp_path: Path, turn: float) -> None:
    geometry = Geometry.from_ijk_to_ras((2, 3, 4), rigid(float(turn), (2, 3, 4), (0, 0, 0)))
    write_image(Image(np.zeros((1, 2, 3, 4), np.uint8), geometry), tmp_path / "a.nii")
    assert_allclose(nibabel.load(tmp_path / "a.nii").header.get_qform(), geometry.to_ijk_to_ras(), atol=1e-5)


def test_too_large_an_axis_is_refused(tmp_path: Path) -> None:
    image = Image(np.zeros((1, 1, 1, 40000), np.uint8), Geometry((1, 1, 40000)))
    with pytest.raises(MedOptError, match="32,767"):
        write_image(image, tmp_path / "a.nii")
    assert list(tmp_path.iterdir()) == []


def corrupted(path: Path, at: int, data: bytes) -> Path:
    raw = bytearray(path.read_bytes())
    raw[at : at + len(data)] = data
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("at", "data", "message"),
    [
        (40, b"\x09\x00", "1 to 7 sizes"),
        (42, b"\x00\x00", "1 to 7 sizes"),
        (42, b"\xff\xff", "1 to 7 sizes"),
        (70, (32).to_bytes(2, "little"), "unknown voxel type.*code 32"),
        (108, np.float32(3).tobytes(), "vox_offset 3"),
        (108, np.float32(np.nan).tobytes(), "vox_offset nan"),
        (344, b"ni1\0", "header without voxels"),
        (344, b"abc\0", "NIfTI signature"),
        (0, b"\x00\x00\x00\x00", "a NIfTI header"),
    ],
)
def test_headers_that_are_wrong(tmp_path: Path, at: int, data: bytes, message: str) -> None:
    path = corrupted(save(tmp_path / "a.nii", np.zeros(SIZES, np.int16)), at, data)
    with pytest.raises(MedOptError, match=rf"a\.nii: .*{message}"):
        read_image(path)


def test_the_real_cohort_reads_as_itk_reads_it(real_data: Path) -> None:
    files = sorted((real_data / "hippocampus" / "imagesTr").glob("*.nii.gz"))
    labels = sorted((real_data / "hippocampus" / "labelsTr").glob("*.nii.gz"))
    assert len(files) == len(labels) == 195
    for path in [*files[::20], *labels[::20]]:
        image, theirs = read_image(path), SimpleITK.ReadImage(str(path))
        assert_array_equal(image.array[0], SimpleITK.GetArrayFromImage(theirs))
        assert image.array.dtype == SimpleITK.GetArrayFromImage(theirs).dtype
        expected = Geometry.from_itk(theirs.GetSize(), theirs.GetSpacing(), theirs.GetOrigin(), theirs.GetDirection())
        assert image.geometry.is_close(expected, 1e-6)
