"""Display windows of DICOM series: pixels against pydicom, slices that differ, and nothing that names a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.testing import assert_allclose
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from medopt.image import DisplayWindow, Image
from medopt.io import read_dicom_series

SECRET = "secret|mustermann|4711|1952|erika"


def shown_by_pydicom(data: Dataset, pixels: np.ndarray, index: int, *, table: bool = False) -> np.ndarray:
    """Grey from 0 to 1 as pydicom has it; its formulas map to the range of stored values, its tables to their depth."""
    values = apply_voi_lut(apply_modality_lut(pixels, data), data, index, prefer_lut=table)
    if table:
        low, high = 0.0, 2.0 ** data.VOILUTSequence[index].LUTDescriptor[2] - 1
    elif "ModalityLUTSequence" in data:
        low, high = 0.0, 2.0 ** data.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    else:
        signed = data.PixelRepresentation
        ends = (
            (-(2 ** (data.BitsStored - 1)), 2 ** (data.BitsStored - 1) - 1) if signed else (0, 2**data.BitsStored - 1)
        )
        slope, intercept = float(data.get("RescaleSlope", 1)), float(data.get("RescaleIntercept", 0))
        low, high = (end * slope + intercept for end in ends)
    grey = (values - low) / (high - low)
    return 1 - grey if data.PhotometricInterpretation == "MONOCHROME1" else grey


def shown(image: Image, index: int, channel: int = 0) -> np.ndarray:
    return image.windows_of(channel)[index].apply(image.array[channel].astype(np.float32))


def table_item(first: int, bits: int = 12, count: int = 300, name: str | None = None) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [count, first, bits])
    entries = np.sort(np.random.default_rng(3).integers(0, 2**bits, count))
    item.add_new("LUTData", "US", entries.tolist())
    if name is not None:
        item.LUTExplanation = name
    return item


def setter(**elements: Any) -> Callable[[Dataset, int], None]:
    def change(data: Dataset, k: int) -> None:
        for keyword, value in elements.items():
            setattr(data, keyword, value)

    return change


@pytest.mark.parametrize("function", [None, "LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (0.5, 3.25), (-1, 500)])
def test_windows_against_pydicom(
    tmp_path: Path, write_ct: Callable, function: str | None, photometric: str, slope: float, intercept: float
) -> None:
    elements: dict[str, Any] = {"WindowCenter": ["40", "-600.5"], "WindowWidth": ["400", "1500"]}
    elements["PhotometricInterpretation"] = photometric
    if function is not None:
        elements["VOILUTFunction"] = function
    path = write_ct(tmp_path, slope=slope, intercept=intercept, change=setter(**elements)).files[2]
    image = read_dicom_series(path).image
    data = pydicom.dcmread(path)
    assert [(w.center, w.width, w.function) for w in image.windows] == [
        (40.0, 400.0, function or "LINEAR"),
        (-600.5, 1500.0, function or "LINEAR"),
    ]
    assert all(w.inverted == (photometric == "MONOCHROME1") for w in image.windows)
    for index in (0, 1):
        expected = shown_by_pydicom(data, data.pixel_array, index)
        assert 0 <= expected.min() < expected.max() <= 1 + 1e-12
        assert_allclose(shown(image, index)[0], np.abs(expected), atol=2e-6)


@pytest.mark.parametrize("intercept", [0, -1024])
def test_tables_come_after_pairs(tmp_path: Path, write_ct: Callable, intercept: int) -> None:
    tables = [table_item(1000 + intercept), table_item(intercept - 5, 16, 1000)]
    change = setter(WindowCenter=40, WindowWidth=400, VOILUTSequence=tables)
    path = write_ct(tmp_path, intercept=intercept, change=change).files[0]
    image = read_dicom_series(path).image
    data = pydicom.dcmread(path)
    data.RescaleIntercept = data.RescaleIntercept  # pydicom's outcome is real numbers, which its tables take
    assert [w.function for w in image.windows] == ["LINEAR", "TABLE", "TABLE"]
    assert_allclose(shown(image, 0)[0], shown_by_pydicom(data, data.pixel_array, 0), atol=2e-6)
    whole = apply_modality_lut(data.pixel_array, data).astype(np.int32)
    for index in (0, 1):
        expected = apply_voi_lut(whole, data, index) / (2.0 ** tables[index].LUTDescriptor[2] - 1)
        assert_allclose(shown(image, 1 + index)[0], expected, atol=2e-6)


def test_a_table_whose_start_lost_its_sign(tmp_path: Path, write_ct: Callable) -> None:
    def change(data: Dataset, k: int) -> None:
        data.PixelRepresentation = 0
        item = table_item(-1000)
        item.add_new("LUTDescriptor", "US", [300, 2**16 - 1000, 12])
        data.VOILUTSequence = [item]
        data.BitsStored, data.HighBit = 12, 11

    (window,) = read_dicom_series(write_ct(tmp_path, change=change).files[0]).image.windows
    assert window.first == -1000


def test_a_modality_table_and_windows_on_its_outcome(tmp_path: Path, write_ct: Callable) -> None:
    def change(data: Dataset, k: int) -> None:
        del data.RescaleSlope, data.RescaleIntercept
        data.ModalityLUTSequence = [table_item(100, 16, 2500)]
        data.WindowCenter, data.WindowWidth = 30000, 20000

    written = write_ct(tmp_path, change=change)
    image = read_dicom_series(tmp_path).image
    assert image.array.dtype == np.uint16
    for k, path in enumerate(written.files):
        data = pydicom.dcmread(path)
        real = apply_modality_lut(data.pixel_array, data)
        np.testing.assert_array_equal(image.array[0, k], real)
        assert_allclose(shown(image, 0)[k], shown_by_pydicom(data, data.pixel_array, 0), atol=2e-6)


def test_monochrome1_without_a_window(tmp_path: Path, write_ct: Callable) -> None:
    written = write_ct(tmp_path, change=setter(PhotometricInterpretation="MONOCHROME1", BitsStored=13, HighBit=12))
    image = read_dicom_series(tmp_path).image
    (window,) = image.windows
    assert window.inverted
    assert window.limits == (-4096 - 1024, 4095 - 1024)
    grey = shown(image, 0)
    order = np.argsort(written.values, axis=None)
    assert (np.diff(grey.ravel()[order]) <= 0).all()


def test_an_image_without_windows_and_colour_have_none(tmp_path: Path, write_ct: Callable) -> None:
    write_ct(tmp_path)
    assert read_dicom_series(tmp_path).image.windows == ()
    for name in ("SC_rgb_rle_2frame.dcm", "examples_palette.dcm", "rtdose.dcm"):
        assert read_dicom_series(str(get_testdata_file(name, download=False))).image.windows == ()


def test_slices_that_differ(tmp_path: Path, write_ct: Callable) -> None:
    def change(data: Dataset, k: int) -> None:
        data.WindowCenter, data.WindowWidth = [40, 100 + k], [400, 300 - 10 * k]

    write_ct(tmp_path, change=change)
    series = read_dicom_series(tmp_path)
    assert series.image.windows == (DisplayWindow(40, 400), DisplayWindow(102.5, 275))
    assert series.findings == (
        "window 2 differs between slices (centres 100 to 105, widths 250 to 300); the medians are used",
    )


def test_slices_with_other_numbers_of_windows_and_tables(tmp_path: Path, write_ct: Callable) -> None:
    def change(data: Dataset, k: int) -> None:
        data.VOILUTSequence = [table_item(0 if k < 4 else 7)]
        if k != 2:
            data.WindowCenter, data.WindowWidth = 40, 400

    write_ct(tmp_path, change=change)
    series = read_dicom_series(tmp_path)
    first, second = series.image.windows
    assert first == DisplayWindow(40, 400)
    assert (second.function, second.first) == ("TABLE", 0)
    assert series.findings == (
        "VOI lookup tables differ between slices; the most frequent is used",
        "slices have different numbers of windows",
    )


def test_each_channel_has_its_windows(tmp_path: Path, write_ct: Callable) -> None:
    for echo in (0, 1):

        def change(data: Dataset, k: int, echo: int = echo) -> None:
            data.InstanceNumber = 100 * echo + k
            data.SeriesInstanceUID = "1.2.3"
            data.WindowCenter, data.WindowWidth = 40 + echo, 400 + (k if echo else 0)

        write_ct(tmp_path / str(echo), seed=echo, change=change)
    series = read_dicom_series(tmp_path)
    assert series.image.windows == (DisplayWindow(40, 400, channel=0), DisplayWindow(41, 402.5, channel=1))
    assert "window 1 of channel 2 differs between slices" in " ".join(series.findings)


@pytest.mark.parametrize(
    ("elements", "left", "finding"),
    [
        ({"WindowCenter": [1, 2, 3], "WindowWidth": [9, 0.5, 7]}, [1, 3], "window 2 was left out: .* found 0.5"),
        (
            {"WindowCenter": [1, 2], "WindowWidth": [0, 0.5], "VOILUTFunction": "SIGMOID"},
            [2],
            "window 1 was left out: .* more than 0 for SIGMOID, found 0",
        ),
        ({"WindowCenter": [1, 2], "WindowWidth": 5}, [1], "do not pair"),
        ({"WindowCenter": 1}, [], "do not pair"),
        ({"WindowCenter": 1, "WindowWidth": 5, "VOILUTFunction": "MUSTERMANN"}, [], "unknown function"),
        ({"VOILUTSequence": [table_item(0), Dataset()]}, [149.5], "damaged was left out"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_told(
    tmp_path: Path, write_ct: Callable, elements: dict, left: Sequence[float], finding: str
) -> None:
    write_ct(tmp_path, change=setter(**elements))
    series = read_dicom_series(tmp_path)
    assert [w.center for w in series.image.windows] == left
    assert len(series.findings) == 1
    assert re.search(finding, series.findings[0])
    assert not re.search(SECRET, str(series.findings), re.IGNORECASE)


def test_a_window_that_is_no_number(tmp_path: Path, write_ct: Callable) -> None:
    path = write_ct(tmp_path, change=setter(WindowCenter="123456", WindowWidth="400")).files[0]
    path.write_bytes(path.read_bytes().replace(b"123456", b"SECRET"))
    series = read_dicom_series(path)
    assert series.image.windows == ()
    assert not re.search(SECRET, str(series.findings), re.IGNORECASE)
    assert "do not pair or cannot be read" in series.findings[0]


def test_explanations_are_kept_only_from_a_closed_list(tmp_path: Path, write_ct: Callable) -> None:
    change = setter(
        WindowCenter=[40, 50, 60], WindowWidth=[400, 500, 600],
        WindowCenterWidthExplanation=["LUNG", "Erika Mustermann", "Soft Tissue"],
        VOILUTSequence=[table_item(0, name="Secret of Erika"), table_item(1, name="BONE")],
    )  # fmt: skip
    write_ct(tmp_path, change=change)
    windows = read_dicom_series(tmp_path).image.windows
    assert [w.name for w in windows] == ["lung", "", "soft tissue", "", "bone"]
    assert not re.search(SECRET, repr(windows) + repr([w.to_json() for w in windows]), re.IGNORECASE)


def test_frames_of_an_enhanced_object() -> None:
    """Each frame's own functional group, the shared one where it has none."""
    from medopt.io.dicom_frames import frames_of
    from medopt.io.dicom_windows import series_windows

    def voi(center: float, width: float) -> Dataset:
        group = Dataset()
        group.FrameVOILUTSequence = [Dataset()]
        group.FrameVOILUTSequence[0].WindowCenter, group.FrameVOILUTSequence[0].WindowWidth = center, width
        return group

    data = Dataset()
    data.NumberOfFrames, data.PhotometricInterpretation, data.BitsStored = 3, "MONOCHROME2", 12
    data.SharedFunctionalGroupsSequence = [voi(10, 100)]
    data.PerFrameFunctionalGroupsSequence = [voi(20, 100), Dataset(), voi(60, 80)]
    found = series_windows([data], [[frame] for frame in frames_of(data, 0)])
    assert found.windows == (DisplayWindow(20, 100),)
    assert "centres 10 to 60, widths 80 to 100" in found.findings[0]
    assert series_windows([data], [[frames_of(data, 0)[1]]]).windows == (DisplayWindow(10, 100),)


# ---- real objects -------------------------------------------------------------------------------------------

PYDICOM = [
    "CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "examples_overlay.dcm", "693_J2KI.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "dicomdirtests/77654033/CR1/6154", "dicomdirtests/77654033/CT2/17136", "dicomdirtests/98892001/CT2N/6924",
]  # fmt: skip


def same_as_pydicom(path: Path) -> int:
    """Compares every window of a single-frame file; returns how many there were."""
    image = read_dicom_series(path).image
    data = pydicom.dcmread(path)
    for index in range(len(image.windows) if "WindowCenter" in data else 0):
        expected = shown_by_pydicom(data, data.pixel_array, index)
        assert_allclose(shown(image, index)[0], expected, atol=3e-6, err_msg=path.name)
    return len(image.windows)


@pytest.mark.parametrize("name", PYDICOM)
def test_files_of_pydicom(name: str) -> None:
    root = Path(pydicom.__file__).parent / "data" / "test_files"
    path = root / name
    assert same_as_pydicom(path) == {"CT_small.dcm": 0, "examples_overlay.dcm": 2, "J2K_pixelrep_mismatch.dcm": 3}.get(
        name, 1
    )


def test_real_slices(real_data: Path) -> None:
    folder = real_data / "dicom"
    paths = [
        folder / "highdicom" / "data" / "test_files" / "dx_image.dcm",
        folder / "dicompyler_rt" / "tests" / "testdata" / "example_data" / "ct.0.dcm",
        *(folder / "cornerstoneWADO" / "testImages").glob("CTImage*Lossless*.dcm"),
        *(folder / "cornerstoneWADO" / "testImages").glob("CTImage*Process1T*.dcm"),
    ]
    assert [same_as_pydicom(path) for path in paths] == [1] * len(paths)


def test_real_enhanced_objects(real_data: Path) -> None:
    """Every frame of a Siemens and of a Philips object: medians of the windows that each frame states."""
    for name in ("Siemens", "Philips"):
        series = read_dicom_series(real_data / "dicom" / "dcm_qa_enh" / "In" / name)
        assert series.image.windows
        stated = []
        for path in (real_data / "dicom" / "dcm_qa_enh" / "In" / name).rglob("*.dcm"):
            for group in pydicom.dcmread(path, stop_before_pixels=True).PerFrameFunctionalGroupsSequence:
                stated.append(float(group.FrameVOILUTSequence[0].WindowCenter))
        for channel in range(series.image.channels):
            (window,) = series.image.windows_of(channel)
            assert min(stated) <= window.center <= max(stated)
    data = pydicom.dcmread(next((real_data / "dicom" / "dcmqi").rglob("24x38x3/multiframe/mf.dcm")))
    image = read_dicom_series(data.filename).image
    group = data.SharedFunctionalGroupsSequence[0].get("FrameVOILUTSequence")
    group = group or data.PerFrameFunctionalGroupsSequence[0].FrameVOILUTSequence
    assert image.windows[0].center == float(np.atleast_1d(group[0].WindowCenter)[0])
