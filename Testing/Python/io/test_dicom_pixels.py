"""Stored pixels, and the second decoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from medopt.errors import MedOptError
from medopt.io import dicom_pixels
from medopt.io.dicom_headers import read_dataset
from medopt.io.dicom_pixels import stored_pixels


def load(name: str) -> tuple[pydicom.Dataset, Path]:
    path = Path(get_testdata_file(name))
    return read_dataset(path), path


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("CT_small.dcm", (1, 1, 128, 128)),
        ("SC_rgb_rle_2frame.dcm", (2, 3, 100, 100)),
        ("SC_rgb_small_odd.dcm", (1, 3, 3, 3)),
        ("rtdose.dcm", (15, 1, 10, 10)),
        ("examples_palette.dcm", (1, 3, 350, 800)),
    ],
)
def test_shapes(name: str, shape: tuple[int, ...]) -> None:
    assert stored_pixels(*load(name)).shape == shape


def test_colour_keeps_its_order() -> None:
    dataset, path = load("SC_rgb_dcmtk_+eb+cr.dcm")
    np.testing.assert_array_equal(np.moveaxis(stored_pixels(dataset, path)[0], 0, -1), dataset.pixel_array)


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "JPGExtended.dcm",
    ],
)
def test_gdcm_gives_the_same_stored_values(name: str) -> None:
    """What is used where pydicom has no codec."""
    dataset, path = load(name)
    mine = dicom_pixels._by_simpleitk(dataset, path)
    assert mine is not None
    lossy = dataset.get("LossyImageCompression") == "01" or name == "JPGExtended.dcm"  # decoders may round apart
    np.testing.assert_allclose(mine.astype(int), stored_pixels(dataset, path), atol=1 if lossy else 0, rtol=0)


def test_a_missing_codec_is_made_good_by_gdcm(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, path = load("MR_small_jp2klossless.dcm")
    expected = stored_pixels(dataset, path)

    def missing(_: object) -> None:
        raise RuntimeError("no plugin")

    monkeypatch.setattr(dicom_pixels, "_decoded", missing)
    monkeypatch.setattr(dicom_pixels, "_syntax_without_codec", lambda _: "JPEG Baseline")
    np.testing.assert_array_equal(stored_pixels(dataset, path), expected)
    colour, path = load("SC_rgb_jpeg_dcmtk.dcm")
    with pytest.raises(MedOptError, match=r"needs a codec: found JPEG Baseline.*Install pylibjpeg"):
        stored_pixels(colour, path)


def test_bits_that_are_not_stored_are_cleared_or_signed() -> None:
    dataset = pydicom.Dataset()
    dataset.BitsStored, dataset.PhotometricInterpretation = 12, "MONOCHROME2"
    unsigned = np.array([0x0123, 0xF123, 0x0FFF], np.uint16)
    np.testing.assert_array_equal(dicom_pixels._only_stored_bits(unsigned, dataset), [0x123, 0x123, 0xFFF])
    signed = np.array([0x07FF, 0x0800, 0x0FFF], np.int16)
    np.testing.assert_array_equal(dicom_pixels._only_stored_bits(signed, dataset), [2047, -2048, -1])
    within = np.array([-2048, 2047], np.int16)
    assert dicom_pixels._only_stored_bits(within, dataset) is within


def test_an_object_without_pixels() -> None:
    with pytest.raises(MedOptError, match=r"test-SR\.dcm: no image in the DICOM file"):
        stored_pixels(*load("test-SR.dcm"))


def test_truncated_pixels() -> None:
    with pytest.raises(MedOptError, match=r"MR_truncated\.dcm: the pixels are truncated or damaged"):
        stored_pixels(*load("MR_truncated.dcm"))
