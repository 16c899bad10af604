from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.project import Project, import_folder

NAMES = ("DOE^JANE", "ROE^RICHARD")
IDS = ("MRN-774411", "MRN-885522")


def write_series(folder: Path, patient: int, number: int, *, slices: int = 4, skip: int | None = None) -> None:
    """A small CT series of one patient."""
    import pydicom
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    folder.mkdir(parents=True, exist_ok=True)
    root = f"1.2.826.0.1.3680043.8.498.{patient + 1}"
    for k in range(slices):
        if k == skip:
            continue
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = f"{root}.{number}.{k + 1}"
        data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        data.StudyInstanceUID, data.SeriesInstanceUID = f"{root}.99", f"{root}.{number}"
        data.PatientName, data.PatientID, data.PatientBirthDate = NAMES[patient], IDS[patient], "19610203"
        data.PatientSex, data.PatientAge, data.Modality, data.Manufacturer = "F", "063Y", "CT", "Maker"
        data.InstitutionName, data.StudyDescription = "St Elsewhere", "Head Doe"
        data.SeriesNumber, data.InstanceNumber = number, k + 1
        data.ImageOrientationPatient, data.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [-5.0, 7.0, 2.5 * k]
        data.PixelSpacing, data.SliceThickness = [0.5, 0.75], 2.5
        data.Rows, data.Columns, data.SamplesPerPixel = 3, 5, 1
        data.PhotometricInterpretation = "MONOCHROME2"
        data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
        data.RescaleSlope, data.RescaleIntercept = 1, -1000
        data.WindowCenter, data.WindowWidth = [-300, 40.5], [1400, 401]
        data.WindowCenterWidthExplanation = ["LUNG", f"Asked by {NAMES[patient]}"]
        values = np.random.default_rng([patient, number, k]).integers(0, 2000, (3, 5)).astype("<i2")
        data.PixelData = values.tobytes()
        pydicom.dcmwrite(folder / f"{patient}-{number}-{k}", data)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Three series: two of the first patient, one of the second, in folders that say who."""
    write_series(tmp_path / "in" / "DOE_JANE", 0, 3)
    write_series(tmp_path / "in" / "DOE_JANE", 0, 4)
    write_series(tmp_path / "in" / "other", 1, 1)
    return tmp_path / "in"


def test_series_become_cases_under_pseudonyms(project: Project, scans: Path) -> None:
    summary = import_folder(project, scans)
    assert summary.left_out == ()
    cases = project.cases()
    assert len(cases) == 3
    assert {case.id for case in cases} == {"subject-0001", "subject-0002"} | {
        next(c.id for c in cases if c.id.endswith("-2"))
    }
    by_subject: dict[str, int] = {}
    for case in cases:
        by_subject[case.subject] = by_subject.get(case.subject, 0) + 1
    assert sorted(by_subject.values()) == [1, 2]
    image = project.read_image("subject-0001")
    assert image.geometry.shape == (4, 3, 5)
    assert image.geometry.spacing == (2.5, 0.5, 0.75)
    assert -1000 <= image.array.min() < image.array.max() < 1000


def test_no_trace_of_a_person_is_kept(project: Project, scans: Path) -> None:
    import_folder(project, scans)
    case = project.cases()[0]
    assert case.attributes["modality"] == "CT"
    assert case.attributes["sex"] == "F"
    assert case.attributes["age_group"] == "60-64"
    words = [word.encode() for name in NAMES for word in name.split("^")]
    words += [*(i.encode() for i in IDS), b"19610203", b"Elsewhere", b"1.2.826", b"063Y", b"Doe"]
    for path in project.folder.rglob("*"):
        assert not any(word in str(path).encode() for word in words)
        if path.is_file():
            content = path.read_bytes()
            assert not any(word in content for word in words), path


def test_windows_survive_without_the_words_that_name_a_person(project: Project, scans: Path) -> None:
    import_folder(project, scans)
    for case in project.cases():
        first, second = project.read_image(case.id).windows
        assert (first.center, first.width, first.name) == (-300, 1400, "lung")
        assert (second.center, second.width, second.name) == (40.5, 401, "")


@pytest.mark.parametrize("index", [0, 1])
def test_an_imported_image_is_windowed_as_its_original(project: Project, tmp_path: Path, index: int) -> None:
    import pydicom
    from pydicom.pixels import apply_modality_lut, apply_windowing

    write_series(tmp_path / "in", 0, 3)
    import_folder(project, tmp_path / "in")
    image = project.read_image("subject-0001")
    grey = image.windows[index].apply(image.array[0].astype(np.float32))
    for k in range(4):
        data = pydicom.dcmread(tmp_path / "in" / f"0-3-{k}")
        theirs = apply_windowing(apply_modality_lut(data.pixel_array, data), data, index)
        low = -(2**15) - 1000
        np.testing.assert_allclose(grey[k], (theirs - low) / (2**16 - 1), atol=2e-6)


def test_a_repeated_import_recognises_series_and_their_patients(project: Project, scans: Path) -> None:
    import_folder(project, scans)
    before = {case.id: case.subject for case in project.cases()}
    write_series(scans / "later", 1, 7)
    summary = import_folder(project, scans)
    assert len(summary.unchanged) == 3
    (new,) = summary.imported
    other = next(subject for subject in before.values() if list(before.values()).count(subject) == 1)
    assert project.case(new).subject == other
    assert new == f"{other}-2"


def test_a_series_with_a_missing_slice_is_left_out_and_named(project: Project, scans: Path) -> None:
    write_series(scans / "gap", 1, 9, slices=8, skip=4)
    summary = import_folder(project, scans)
    assert len(summary.imported) == 3
    (finding,) = summary.left_out
    assert "series 9 (CT, 7 images)" in finding.found
    assert not any(word in str(finding) for word in (*NAMES, *IDS, str(scans)))


def test_icons_beside_dicom_files_are_no_images(project: Project, scans: Path) -> None:
    (scans / "viewer").mkdir()
    (scans / "viewer" / "icon.png").write_bytes(b"x")
    summary = import_folder(project, scans)
    assert (len(summary.imported), summary.left_out) == (3, ())


@pytest.mark.parametrize(
    ("options", "found"),
    [({"reference": True}, "reference"), ({"subject_pattern": "(a)"}, "a subject pattern")],
)
def test_what_would_name_a_person_is_refused(project: Project, scans: Path, options: dict, found: str) -> None:
    with pytest.raises(MedOptError, match=f"not possible with DICOM files: .* found {found}"):
        import_folder(project, scans, **options)
    assert project.cases() == []


def test_real_series(project: Project, real_data: Path) -> None:
    summary = import_folder(project, real_data / "dicom" / "cornerstoneWADO")
    for case_id in summary.imported:
        assert case_id.startswith("subject-")
        assert project.read_image(case_id).array.std() > 0
    assert summary.imported
