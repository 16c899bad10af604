"""Siemens mosaics made here; real ones are compared with dcm2niix in test_dicom_series."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from pydicom.dataset import Dataset

from medopt.io.dicom_mosaic import _csa, is_mosaic, mosaic_of


def csa(**fields: list[str]) -> bytes:
    data = b"SV10\x04\x03\x02\x01" + struct.pack("<II", len(fields), 77)
    for name, values in fields.items():
        data += struct.pack("<64si4siii", name.encode(), len(values), b"FD", 4, len(values), 77)
        for value in values:
            raw = value.encode() + b"\0"
            data += struct.pack("<4i", len(raw), len(raw), 77, len(raw)) + raw.ljust((len(raw) + 3) // 4 * 4, b"\0")
    return data


def mosaic(count: int = 5, normal: float = 1.0, private: bool = True, **changes: object) -> Dataset:
    """Tiles of 4 rows and 6 columns, three a side."""
    dataset = Dataset()
    values = {
        "ImageType": ["ORIGINAL", "MOSAIC"], "Rows": 12, "Columns": 18, "PixelSpacing": [2, 3],
        "ImagePositionPatient": [-100, -50, 7], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "SpacingBetweenSlices": 4,
    } | changes  # fmt: skip
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    block = dataset.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", csa(SliceNormalVector=["0", "0", str(normal)], NumberOfImagesInMosaic=[str(count)]))
    if not private:
        del dataset[block.get_tag(0x10)]
    return dataset


def test_layout() -> None:
    found = mosaic_of(mosaic())
    assert found is not None
    assert (found.count, found.side, found.shape) == (5, 3, (4, 6))
    np.testing.assert_allclose(found.positions[0], [-100 + 3 * 6, -50 + 2 * 4, 7])
    np.testing.assert_allclose(np.diff(found.positions, axis=0), [[0, 0, 4]] * 4)


def test_slices_may_run_against_the_normal_of_the_axes() -> None:
    found = mosaic_of(mosaic(normal=-1.0))
    assert found is not None
    np.testing.assert_allclose(np.diff(found.positions, axis=0), [[0, 0, -4]] * 4)


def test_split(rng: np.random.Generator) -> None:
    tiles = rng.integers(0, 99, (9, 1, 4, 6))
    large = np.block([[tiles[3 * r + c, 0] for c in range(3)] for r in range(3)])[None, None]
    found = mosaic_of(mosaic())
    assert found is not None
    np.testing.assert_array_equal(found.split(large), tiles[:5])


def test_the_count_may_stand_in_the_other_private_header() -> None:
    dataset = mosaic(private=False)
    assert mosaic_of(dataset) is None
    assert is_mosaic(dataset)
    dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0A, "US", 7)
    found = mosaic_of(dataset)
    assert found is not None
    assert found.count == 7


@pytest.mark.parametrize(
    "changes",
    [{"Rows": 13}, {"PixelSpacing": None}, {"ImagePositionPatient": None}, {"count": 0}, {"count": 99999}],
)
def test_layouts_that_make_no_sense(changes: dict) -> None:
    assert mosaic_of(mosaic(**changes)) is None


def test_other_objects_are_no_mosaic() -> None:
    assert not is_mosaic(Dataset())
    assert mosaic_of(mosaic(ImageType=["ORIGINAL", "PRIMARY"])) is None


def test_damaged_private_headers() -> None:
    data = csa(A=["1"], B=["2", "3"])
    assert _csa(data) == {"A": ["1"], "B": ["2", "3"]}
    for end in range(len(data)):
        found = _csa(data[:end])
        assert set(found) <= {"A", "B"}
        assert found.get("A", []) in ([], ["1"])
    assert _csa(None) == {}
    assert _csa(b"other") == {}
