"""What the tests of the io room share: a writer of synthetic CT series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from medopt.image import Geometry

SECRETS = {
    "PatientName": "Mustermann^Erika", "PatientID": "SECRET-4711", "PatientBirthDate": "19520311",
    "StudyDate": "20200310", "InstitutionName": "Secret Hospital", "ReferringPhysicianName": "Secret^Doctor",
    "StudyDescription": "secret study", "SeriesDescription": "secret series", "AccessionNumber": "SECRET99",
    "PatientAddress": "Secret Street 1", "StudyID": "SECRET5", "OperatorsName": "Secret^Operator",
    "DeviceSerialNumber": "SECRET77", "StationName": "SECRETSTATION", "PatientComments": "secret comment",
}  # fmt: skip
"""Values that must not leave a header."""


@dataclass(frozen=True)
class Written:
    """A series on disk: its files in order along the normal, real values (k, j, i) and grid."""

    files: list[Path]
    values: NDArray
    geometry: Geometry


@pytest.fixture
def write_ct() -> Callable[..., Written]:
    """A function that writes a CT series of 6 × 8 × 10 voxels; keywords change it."""
    return _write_ct


def _write_ct(
    folder: Path,
    geometry: Geometry | None = None,
    *,
    depths: list[float] | None = None,
    lean: tuple[float, float] = (0.0, 0.0),
    slope: float = 1,
    intercept: float = -1024,
    number: int = 1,
    seed: int = 0,
    suffix: str = ".dcm",
    shuffle: bool = True,
    change: Callable[[Any, int], None] | None = None,
) -> Written:
    """Write one file a slice.

    ``depths`` are mm along the normal in place of even steps; ``lean`` moves each slice by mm along (j, i) for
    every mm of depth; ``change(dataset, k)`` has the last word on each header.
    """
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    geometry = geometry or Geometry((6, 8, 10), (2.5, 0.8, 0.7), (-31.0, 12.5, 88.0))
    random = np.random.default_rng(seed)
    direction = np.asarray(geometry.direction)
    normal, down, right = direction[:, 0], direction[:, 1], direction[:, 2]
    assert np.allclose(np.cross(right, down), normal), "DICOM series run along the normal: give a right-handed grid"
    places = depths if depths is not None else [geometry.spacing[0] * k for k in range(geometry.shape[0])]
    stored = random.integers(0, 3000, (len(places), *geometry.shape[1:])).astype(np.int16)
    series, study, frame = (generate_uid() for _ in range(3))
    folder.mkdir(parents=True, exist_ok=True)
    names = random.permutation(len(places)) if shuffle else range(len(places))
    files = []
    for k, depth in enumerate(places):
        data = Dataset()
        data.file_meta = FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = CTImageStorage
        data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = study, series, frame
        for keyword, value in SECRETS.items():
            setattr(data, keyword, value)
        data.Modality, data.Manufacturer, data.PatientSex = "CT", "Maker", "F"
        data.SeriesNumber, data.InstanceNumber = number, k + 1
        data.Rows, data.Columns = geometry.shape[1:]
        data.PixelSpacing = [repr(x)[:16] for x in geometry.spacing[1:]]
        data.SliceThickness = "5"
        data.ImageOrientationPatient = [f"{x:.12f}" for x in (*right, *down)]
        point = np.asarray(geometry.origin) + normal * depth + down * lean[0] * depth + right * lean[1] * depth
        data.ImagePositionPatient = [f"{x:.10f}" for x in point]
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
        data.RescaleSlope, data.RescaleIntercept = str(slope), str(intercept)
        data.PixelData = stored[k].tobytes()
        if change is not None:
            change(data, k)
        path = folder / f"{names[k]:05d}{suffix}"
        pydicom.dcmwrite(path, data, enforce_file_format=True)
        files.append(path)
    return Written(files, stored * np.float64(slope) + intercept, geometry)
