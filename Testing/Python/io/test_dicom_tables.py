"""Lookup tables of headers against pydicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.testing import assert_array_equal
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_modality_lut
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from medopt.errors import MedOptError
from medopt.io.dicom_headers import read_header
from medopt.io.dicom_tables import looked_up, modality_table, read_table

ENTRIES = np.array([5, 3, 900, 901, 1023, 7], np.uint16)


def table_item(
    entries: np.ndarray = ENTRIES, first: int = -2, bits: int = 16, vr: str = "US", packed: Any = None
) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries) % 2**16, first, bits])
    item.add_new("LUTData", vr, packed if packed is not None else entries.tolist())
    return item


def with_modality_table(item: Dataset, signed: int = 1) -> Dataset:
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.PixelRepresentation, data.ModalityLUTSequence = signed, [item]
    return data


@pytest.mark.parametrize(("first", "signed"), [(-2, 1), (0, 0), (40000, 0)])
def test_real_values_against_pydicom(first: int, signed: int) -> None:
    data = with_modality_table(table_item(first=first), signed)
    pixels = np.arange(first - 5, first + 12, dtype=np.int32).reshape(1, 1, 1, -1)
    found = looked_up(pixels, data, Path("x"))
    assert found.dtype == np.uint16
    assert_array_equal(found, apply_modality_lut(pixels, data))


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("vr", ["US", "OW"])
def test_tables_in_every_encoding(tmp_path: Path, syntax: str, vr: str) -> None:
    order = ">u2" if syntax == ExplicitVRBigEndian else "<u2"
    packed = ENTRIES.astype(order).tobytes() if vr == "OW" else None
    data = with_modality_table(table_item(vr=vr, packed=packed))
    data.file_meta.TransferSyntaxUID = syntax
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = pydicom.uid.CTImageStorage
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    pydicom.dcmwrite(tmp_path / "a", data, enforce_file_format=True)
    table = modality_table(read_header(tmp_path / "a"))
    assert table is not None
    assert_array_equal(table.entries, ENTRIES)
    assert (table.first, table.bits) == (-2, 16)


def test_a_full_table_states_a_length_of_zero() -> None:
    entries = np.arange(2**16, dtype=np.uint16)[::-1]
    table = read_table(Dataset(), table_item(entries, first=0))
    assert table is not None
    assert_array_equal(table.entries, entries)


def test_entries_of_8_bit_apart_and_in_pairs() -> None:
    entries = np.array([1, 200, 3, 4, 255], np.uint8)
    pairs = bytes([*entries, 0])
    for item in (table_item(entries, 0, 8), table_item(entries, 0, 8, "OW", pairs)):
        table = read_table(Dataset(), item)
        assert table is not None
        assert table.entries.dtype == np.uint8
        assert_array_equal(table.entries, entries)


def test_a_depth_that_is_too_small_is_widened() -> None:
    table = read_table(Dataset(), table_item(bits=8))
    assert table is not None
    assert table.bits == 10
    assert_array_equal(table.entries, ENTRIES)


@pytest.mark.parametrize(
    "item",
    [Dataset(), table_item(packed=[1, 2]), table_item(bits=17), table_item(bits=0), table_item(vr="OW", packed=b"")],
)
def test_damaged_tables(item: Dataset) -> None:
    assert read_table(Dataset(), item) is None
    with pytest.raises(MedOptError, match=r"scan\.dcm: the table of real values is damaged"):
        looked_up(np.zeros((1, 1, 2, 2), np.int16), with_modality_table(item), Path("scan.dcm"))


def test_x_ray_angiography_is_shown_as_stored() -> None:
    data = with_modality_table(table_item())
    data.SOPClassUID = pydicom.uid.XRayAngiographicImageStorage
    pixels = np.zeros((1, 1, 2, 2), np.uint16)
    assert looked_up(pixels, data, Path("x")) is pixels
    assert modality_table(data) is None
    assert looked_up(pixels, Dataset(), Path("x")) is pixels
