"""DICOM series as images: written here, and real ones against dcm2niix and other decoders."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

from medopt.errors import MedOptError
from medopt.events import Collector
from medopt.image import Geometry
from medopt.io import find_series, read_dicom_series, read_geometry, read_image

SECRET = "secret|mustermann|4711|1952"


def right_handed(geometry: Geometry) -> Geometry:
    handed = np.linalg.det(np.asarray(geometry.direction)[:, ::-1])
    direction = np.asarray(geometry.direction) * [handed, 1, 1]
    return Geometry(geometry.shape, geometry.spacing, geometry.origin, tuple(map(tuple, direction)))


def test_an_oblique_shuffled_series(tmp_path: Path, oblique: Geometry, write_ct: Callable) -> None:
    written = write_ct(tmp_path, right_handed(oblique))
    for source in (tmp_path, written.files, written.files[::-1], find_series(tmp_path)[0]):
        series = read_dicom_series(source)
        assert_array_equal(series.image.array[0], written.values)
        assert series.image.array.dtype == np.int16
        assert series.image.geometry.is_close(written.geometry, 1e-6)
        assert series.modality == "CT"
        assert series.findings == ()
    assert_array_equal(read_image(tmp_path).array[0], written.values)
    assert read_geometry(tmp_path) == series.image.geometry


def test_one_file_is_one_slice(tmp_path: Path, write_ct: Callable) -> None:
    written = write_ct(tmp_path)
    image = read_image(written.files[2])
    assert_array_equal(image.array[0, 0], written.values[2])
    assert image.geometry.spacing[0] == 5.0  # the slice thickness
    assert image.geometry.origin == pytest.approx(written.geometry.index_to_lps((2, 0, 0)))


@pytest.mark.parametrize(
    ("slope", "intercept", "dtype"), [(2, -1024, "int16"), (100, 0, "int32"), (0.5, 3.25, "float32")]
)
def test_rescaled_to_real_values(
    tmp_path: Path, write_ct: Callable, slope: float, intercept: float, dtype: str
) -> None:
    written = write_ct(tmp_path, slope=slope, intercept=intercept)
    array = read_image(tmp_path).array
    assert array.dtype == dtype
    assert_array_equal(array[0], written.values)


def test_each_slice_has_its_own_scale(tmp_path: Path, write_ct: Callable) -> None:
    """As in PET."""
    written = write_ct(tmp_path, intercept=0, change=lambda d, k: setattr(d, "RescaleSlope", str(0.5 + k)))
    expected = written.values * (0.5 + np.arange(6))[:, None, None]
    assert_allclose(read_image(tmp_path).array[0], expected, rtol=1e-7)


@pytest.mark.parametrize("gone", [1, 3, 4])
def test_a_missing_slice_is_refused_with_its_place(tmp_path: Path, write_ct: Callable, gone: int) -> None:
    written = write_ct(tmp_path)
    written.files[gone].unlink()
    low, high = 88 + 2.5 * (gone - 1), 88 + 2.5 * (gone + 1)
    message = rf"not evenly spaced: expected 2\.5 mm, found 5 mm between the slices at {low:.2f} and {high:.2f} mm"
    with pytest.raises(MedOptError, match=message + r" \(1 missing\)"):
        read_dicom_series(tmp_path)
    with pytest.raises(MedOptError, match=message):
        read_geometry(tmp_path)


def test_a_missing_slice_is_interpolated_where_that_is_allowed(tmp_path: Path, write_ct: Callable) -> None:
    written = write_ct(tmp_path)
    written.files[3].unlink()
    series = read_dicom_series(tmp_path, allow_uneven=True)
    assert series.image.geometry.is_close(written.geometry, 1e-6)
    kept = [0, 1, 2, 4, 5]
    assert_array_equal(series.image.array[0, kept], written.values[kept])
    assert_array_equal(series.image.array[0, 3], np.rint((written.values[2] + written.values[4]) / 2))
    assert len(series.findings) == 1
    assert "1 missing" in series.findings[0]


def test_uneven_slices(tmp_path: Path, write_ct: Callable) -> None:
    depths = [0.0, 2.0, 4.0, 7.0, 9.0, 11.0]
    written = write_ct(tmp_path, depths=depths, slope=0.5)
    with pytest.raises(MedOptError, match=r"expected 2 mm, found 3 mm between .* \(uneven\)"):
        read_dicom_series(tmp_path)
    series = read_dicom_series(tmp_path, allow_uneven=True)
    geometry = series.image.geometry
    assert geometry.spacing[0] == 2.0
    for k in range(geometry.shape[0]):
        expected = [np.interp(2.0 * k, depths, written.values[:, j, i]) for j in (0, 4) for i in (1, 9)]
        assert_allclose(series.image.array[0, k][np.ix_([0, 4], [1, 9])].ravel(), expected, rtol=1e-6)


def test_rounded_positions_are_accepted_and_told(tmp_path: Path, write_ct: Callable) -> None:
    written = write_ct(tmp_path, depths=[0.0, 0.7, 1.5, 2.2, 3.0, 3.7])
    series = read_dicom_series(tmp_path)
    assert_array_equal(series.image.array[0], written.values)
    assert series.image.geometry.spacing[0] == pytest.approx(0.74)
    assert "off an even step of 0.74 mm" in series.findings[0]


@pytest.mark.parametrize("lean", [(0.2, 0.0), (0.0, -0.3), (-0.25, 0.1)])
def test_gantry_tilt(tmp_path: Path, write_ct: Callable, lean: tuple[float, float]) -> None:
    degrees = np.degrees(np.arctan(np.hypot(*lean)))
    written = write_ct(tmp_path, lean=lean)
    with pytest.raises(MedOptError, match=rf"the slices are sheared.*gantry tilt of {degrees:.2f} degrees"):
        read_dicom_series(tmp_path)
    series = read_dicom_series(tmp_path, allow_uneven=True)
    assert series.findings == (f"gantry tilt of {degrees:.2f} degrees",)
    geometry = series.image.geometry
    assert geometry.spacing == pytest.approx(written.geometry.spacing)
    tilted = written.geometry.matrix.copy()
    tilted[:3, 0] += 2.5 * (
        lean[0] * written.geometry.matrix[:3, 1] / 0.8 + lean[1] * written.geometry.matrix[:3, 2] / 0.7
    )
    for k, j, i in ((0, 0, 0), (3, 4, 5), (5, 7, 9), (5, 0, 0)):
        place = geometry.lps_to_index((tilted @ [k, j, i, 1])[:3])
        assert place[0] == pytest.approx(k, abs=1e-6)
        assert (place[1:] > -1e-6).all()
        assert (place[1:] < np.array(geometry.shape[1:]) - 1 + 1e-6).all()


def test_straightened_tilt_keeps_a_smooth_object_in_place(tmp_path: Path, write_ct: Callable) -> None:
    """A linear function of space stays that function where the slices cover it."""
    lean = (0.2, -0.1)

    def ramp(data: pydicom.Dataset, k: int) -> None:
        corner = np.array([float(x) for x in data.ImagePositionPatient])
        j, i = np.mgrid[0:8, 0:10]
        points = corner + j[..., None] * [0, 0.8, 0] + i[..., None] * [0.7, 0, 0]
        data.PixelData = np.rint(100 * points @ [1.0, 2.0, 0.0] + 8000).astype("<i2").tobytes()

    write_ct(tmp_path, lean=lean, intercept=0, change=ramp)
    image = read_dicom_series(tmp_path, allow_uneven=True).image
    index = np.stack(np.meshgrid(*[np.arange(n) for n in image.geometry.shape], indexing="ij"), axis=-1)
    expected = 100 * image.geometry.index_to_lps(index) @ [1.0, 2.0, 0.0] + 8000
    points = image.geometry.index_to_lps(index) - [-31.0, 12.5, 88.0]
    row = (points[..., 1] - lean[0] * points[..., 2]) / 0.8
    column = (points[..., 0] - lean[1] * points[..., 2]) / 0.7
    covered = (row >= 0) & (row <= 7) & (column >= 0) & (column <= 9)
    assert covered.sum() > 6 * 7 * 9 - 60
    assert np.abs(image.array[0] - expected)[covered].max() <= 1.5  # two roundings to integers


def test_images_of_two_directions(tmp_path: Path, write_ct: Callable, oblique: Geometry) -> None:
    first = write_ct(tmp_path / "a")
    second = write_ct(tmp_path / "b", right_handed(oblique))
    with pytest.raises(MedOptError, match="lie in different directions: expected parallel slices, found 2"):
        read_dicom_series([*first.files, *second.files])


def test_images_of_two_sizes(tmp_path: Path, write_ct: Callable) -> None:
    first = write_ct(tmp_path / "a")
    second = write_ct(tmp_path / "b", Geometry((6, 9, 10), (2.5, 0.8, 0.7)))
    with pytest.raises(MedOptError, match="different sizes: expected 8 × 10 pixels, found 9 × 10"):
        read_dicom_series([*first.files, *second.files])


def test_images_of_two_spacings(tmp_path: Path, write_ct: Callable) -> None:
    write_ct(tmp_path, change=lambda d, k: setattr(d, "PixelSpacing", [0.8, 0.7] if k else [0.9, 0.7]))
    with pytest.raises(MedOptError, match="different pixel spacings"):
        read_dicom_series(tmp_path)


def test_copies_of_a_file_are_left_out_and_told(tmp_path: Path, write_ct: Callable) -> None:
    written = write_ct(tmp_path)
    shutil.copy(written.files[2], tmp_path / "copy.dcm")
    series = read_dicom_series(tmp_path)
    assert_array_equal(series.image.array[0], written.values)
    assert series.findings == ("1 files repeat an image of the series and were left out",)


def test_another_image_at_a_position_is_refused(tmp_path: Path, write_ct: Callable) -> None:
    written = write_ct(tmp_path)
    data = pydicom.dcmread(written.files[2])
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.save_as(tmp_path / "other.dcm")
    with pytest.raises(MedOptError, match=r"different numbers of images.*between 1 and 2; 2 at 93\.00 mm"):
        read_dicom_series(tmp_path, allow_uneven=True)


def test_echoes_become_channels_in_order(tmp_path: Path, write_ct: Callable) -> None:
    uid = generate_uid()

    def echo(offset: int) -> Callable:
        def change(data: pydicom.Dataset, k: int) -> None:
            data.SeriesInstanceUID, data.InstanceNumber = uid, k + offset

        return change

    second = write_ct(tmp_path / "b", seed=2, change=echo(100))
    first = write_ct(tmp_path / "a", seed=1, change=echo(1))
    series = read_dicom_series(tmp_path)
    assert_array_equal(series.image.array, [first.values, second.values])
    assert series.findings == ("2 images at each position became channels",)


def test_monochrome1_is_told_and_not_inverted(tmp_path: Path, write_ct: Callable) -> None:
    written = write_ct(tmp_path, change=lambda d, k: setattr(d, "PhotometricInterpretation", "MONOCHROME1"))
    series = read_dicom_series(tmp_path)
    assert_array_equal(series.image.array[0], written.values)
    assert "MONOCHROME1" in series.findings[0]


def test_detector_spacing_is_told(tmp_path: Path, write_ct: Callable) -> None:
    def change(data: pydicom.Dataset, k: int) -> None:
        del data.PixelSpacing, data.ImagePositionPatient, data.ImageOrientationPatient
        data.ImagerPixelSpacing = [0.2, 0.1]

    written = write_ct(tmp_path, change=change)
    series = read_dicom_series(written.files[0])
    assert series.image.geometry.spacing[1:] == (0.2, 0.1)
    assert series.findings == ("the pixel spacing is that on the detector, not in the patient",)
    with pytest.raises(MedOptError, match="do not say where they lie"):
        read_dicom_series(tmp_path)


def test_overlays_in_spare_bits_are_cleared(tmp_path: Path, write_ct: Callable) -> None:
    def change(data: pydicom.Dataset, k: int) -> None:
        data.BitsStored, data.HighBit, data.PixelRepresentation = 12, 11, 0
        data.PixelData = (np.frombuffer(data.PixelData, "<u2") | 0xF000).tobytes()

    written = write_ct(tmp_path, change=change)
    assert_array_equal(read_image(tmp_path).array[0], written.values)


def test_several_series_are_listed(tmp_path: Path, write_ct: Callable) -> None:
    write_ct(tmp_path / "a", number=1)
    write_ct(tmp_path / "b", number=2)
    with pytest.raises(MedOptError, match=r"several DICOM series in the folder: expected one, found 2 \(CT of 6"):
        read_image(tmp_path)


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="no DICOM images in the folder"):
        read_image(tmp_path)
    with pytest.raises(MedOptError, match="no files given"):
        read_dicom_series([])
    with pytest.raises(MedOptError, match="does not exist"):
        read_dicom_series(tmp_path / "absent.dcm")


def test_progress_is_told(tmp_path: Path, write_ct: Callable) -> None:
    write_ct(tmp_path)
    collector = Collector()
    read_dicom_series(tmp_path, reporter=collector)
    stages = {event["stage"] for event in collector.events if event["kind"] == "progress"}
    assert stages == {"looking for DICOM series", "reading DICOM"}


def test_every_early_end_is_one_clear_error(tmp_path: Path, write_ct: Callable) -> None:
    path = write_ct(tmp_path).files[0]
    data = path.read_bytes()
    for end in sorted({0, 1, 100, 131, 132, 140, *range(150, len(data), 37), len(data) - 1}):
        path.write_bytes(data[:end])
        with pytest.raises(MedOptError, match=rf"{path.name}: "):
            read_image(path)


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "JPEGLSNearLossless_16.dcm"])
def test_every_early_end_of_compressed_pixels(tmp_path: Path, name: str) -> None:
    data = Path(get_testdata_file(name)).read_bytes()
    expected = read_image(Path(get_testdata_file(name))).array
    path = tmp_path / "scan.dcm"
    for end in [*range(400, len(data) - 200, 397), *range(len(data) - 200, len(data), 23), len(data) - 1]:
        path.write_bytes(data[:end])
        try:
            found = read_image(path).array
        except MedOptError as error:
            assert "scan.dcm" in str(error)  # noqa: PT017
        else:  # only what follows the pixels was cut off
            assert end > len(data) - 200
            assert_array_equal(found, expected)


def test_nothing_that_identifies_leaves_the_header(tmp_path: Path, write_ct: Callable) -> None:
    import re

    written = write_ct(tmp_path)
    series = read_dicom_series(tmp_path)
    told = repr(series.facts) + repr(series.findings) + repr(series.facts.as_attributes())
    assert not re.search(SECRET, told, re.IGNORECASE)
    written.files[3].unlink()
    with pytest.raises(MedOptError) as caught:
        read_dicom_series(tmp_path)
    assert not re.search(SECRET, str(caught.value), re.IGNORECASE)


def test_warnings_of_pydicom_do_not_quote_the_header(tmp_path: Path, write_ct: Callable) -> None:
    path = write_ct(tmp_path, change=lambda d, k: None).files[0]
    data = path.read_bytes().replace(b"2.50000", b"2.5x000")
    path.write_bytes(data.replace(b"SECRET-4711", b"SECRET\\4711"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_dicom_series(path)


# ---- real objects -------------------------------------------------------------------------------------------


def on_grid(path: Path, geometry: Geometry) -> np.ndarray:
    """A NIfTI file's voxels on a grid that differs by flips only: (k, j, i), or (time, k, j, i)."""
    reference = nibabel.load(path)
    k, j, i = np.meshgrid(*[np.arange(n) for n in geometry.shape], indexing="ij")
    index = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ geometry.to_ijk_to_ras().T
    theirs = index @ np.linalg.inv(reference.affine).T
    whole = np.rint(theirs[..., :3]).astype(int)
    assert np.abs(theirs[..., :3] - whole).max() < 0.01
    values = np.asanyarray(reference.dataobj)[tuple(np.moveaxis(whole, -1, 0))]
    return np.moveaxis(values, -1, 0) if values.ndim == 4 else values


def test_one_slice_in_many_transfer_syntaxes(real_data: Path) -> None:
    folder = real_data / "dicom" / "cornerstoneWADO" / "testImages"
    expected = read_image(folder / "CTImage.dcm").array
    files = sorted(folder.glob("CTImage.dcm_*"))
    assert len(files) == 15
    closeness = {"4.91": 6, "4.81": 1, "4.50": 65, "4.51": 36, "4.53": 36, "4.55": 36}
    """Largest difference in HU that the lossy syntaxes made."""
    for path in files:
        syntax = path.stem.split("1.2.840.10008.1.2.")[-1]
        image = read_image(path)
        apart = np.abs(image.array.astype(float) - expected).max()
        assert apart <= closeness.get(syntax, 0), path.name
        if syntax not in closeness:
            assert image.array.dtype == expected.dtype


@pytest.mark.parametrize("number", range(1, 10))
def test_mosaics_against_dcm2niix(real_data: Path, number: int) -> None:
    folder = real_data / "dicom" / "dcm_qa_ts"
    image = read_image(folder / "In" / f"{number}.dcm")
    assert image.array.shape == (1, 35, 64, 64)
    assert_array_equal(image.array[0], on_grid(folder / "Ref" / f"{number}.nii", image.geometry))


def test_siemens_enhanced_against_dcm2niix(real_data: Path) -> None:
    folder = real_data / "dicom" / "dcm_qa_enh"
    image = read_image(folder / "In" / "Siemens")
    assert image.array.shape == (4, 6, 64, 64)
    reference = on_grid(folder / "Ref" / "Siemens_REST1_w_SMS_PF7-8_6.nii", image.geometry)
    assert_array_equal(image.array, reference)


def test_philips_enhanced_against_dcm2niix(real_data: Path) -> None:
    """Magnitude and field map in one object; dcm2niix takes Philips' private scale for the magnitude."""
    folder = real_data / "dicom" / "dcm_qa_enh"
    image = read_image(folder / "In" / "Philips")
    assert image.array.shape == (2, 32, 64, 64)
    magnitude = on_grid(folder / "Ref" / "Philips_WIP_B0_NS_801_e1.nii", image.geometry)
    factor = magnitude.max() / image.array[0].max()
    assert_allclose(image.array[0] * factor, magnitude, rtol=1e-5, atol=1e-6 * magnitude.max())
    field = on_grid(folder / "Ref" / "Philips_WIP_B0_NS_801_e2_fieldmaphz.nii", image.geometry)
    assert_allclose(image.array[1], field, atol=0.01)


def test_the_same_scan_from_scanner_and_archive(real_data: Path) -> None:
    """Agfa rewrote the files of a Siemens scan; images are the same."""
    folder = real_data / "dicom" / "dcm_qa_agfa"
    ours, theirs = read_dicom_series(folder / "Siemens"), read_dicom_series(folder / "Agfa")
    assert_array_equal(ours.image.array, theirs.image.array)
    assert ours.image.geometry.is_close(theirs.image.geometry, 1e-9)
    assert ours.image.array.shape == (4, 25, 64, 64)


def test_a_folder_of_one_object_in_many_encodings_holds_copies(real_data: Path) -> None:
    found = find_series(real_data / "dicom" / "cornerstoneWADO")
    assert sorted(s.frames for s in found) == [1, 1, 2, 16]
    many = next(s for s in found if s.frames == 16)
    series = read_dicom_series(many)
    assert series.image.array.shape == (7, 1, 512, 512)  # lossy copies are objects of their own
    assert series.findings == (
        "9 files repeat an image of the series and were left out",
        "7 images at each position became channels",
    )


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("CT_small.dcm", (1, 1, 128, 128), "int16"),
        ("MR_small_bigendian.dcm", (1, 1, 64, 64), "int16"),
        ("SC_rgb_rle_2frame.dcm", (3, 2, 100, 100), "uint8"),
        ("SC_rgb_jpeg_dcmtk.dcm", (3, 1, 100, 100), "uint8"),
        ("examples_palette.dcm", (3, 1, 350, 800), "uint8"),
        ("examples_ybr_color.dcm", (3, 30, 240, 320), "uint8"),
        ("rtdose.dcm", (1, 15, 10, 10), "float64"),
        ("image_dfl.dcm", (1, 1, 512, 512), "uint8"),
    ],
)
def test_objects_of_pydicom(name: str, shape: tuple[int, ...], dtype: str) -> None:
    path = get_testdata_file(name)
    image = read_image(Path(path))
    assert image.array.shape == shape
    assert image.array.dtype == dtype


def test_dose_planes_lie_at_their_offsets() -> None:
    path = Path(get_testdata_file("rtdose.dcm"))
    data = pydicom.dcmread(path)
    image = read_image(path)
    offsets = np.array(data.GridFrameOffsetVector, float)
    assert image.geometry.spacing[0] == pytest.approx(np.diff(offsets).mean())
    assert_allclose(image.array[0], data.pixel_array * float(data.DoseGridScaling), rtol=1e-12)


@pytest.mark.parametrize("name", ["liver_1frame.dcm", "rtstruct.dcm", "test-SR.dcm", "rtplan.dcm", "waveform_ecg.dcm"])
def test_objects_that_are_no_image(name: str) -> None:
    with pytest.raises(MedOptError, match=rf"{name}: no image in the DICOM file: expected pixels, found [A-Z]+"):
        read_image(Path(get_testdata_file(name)))
