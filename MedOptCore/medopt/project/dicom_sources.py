"""DICOM series as cases, under pseudonyms: who was imaged is looked at to group series, and kept nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from medopt.errors import MedOptError
from medopt.events import Reporter
from medopt.io import find_series, read_dicom_series
from medopt.io.dicom_files import DicomSeriesFiles
from medopt.io.dicom_headers import read_header, text
from medopt.project.cases import reserve_pseudonyms
from medopt.project.intake import Loaded, Source, hash_files
from medopt.project.names import pseudonym
from medopt.project.project import Project
from medopt.project.records import Finding
from medopt.project.schema import CASES

_IDENTITY = ("PatientID", "IssuerOfPatientID", "PatientName", "PatientBirthDate")


@dataclass(frozen=True)
class _Known:
    """A case of the catalogue that came from a series with this hash."""

    id: str
    subject: str


def dicom_sources(project: Project, folder: Path, reporter: Reporter) -> list[Source]:
    """A source for each image series below ``folder``; empty when there is none.

    Series that were imported before are recognised by their bytes and keep their case. Series of one patient
    become one subject, subject-0001 …; a patient of an earlier import is recognised only when a series of
    that import is in the folder too, since nothing that tells patients apart is stored.
    """
    series = find_series(folder, reporter=reporter)
    if not series:
        return []
    hashes = [hash_files(one.files) for one in series]
    with project.catalogue.read() as connection:
        rows = connection.execute(select(CASES.c.id, CASES.c.subject, CASES.c.image_source_sha256)).all()
    known = {row.image_source_sha256: _Known(row.id, row.subject) for row in rows}
    patients: dict[Hashable, list[int]] = defaultdict(list)
    for number, one in enumerate(series):
        patients[_patient(one)].append(number)
    subjects = {
        patient: next((known[hashes[n]].subject for n in numbers if hashes[n] in known), None)
        for patient, numbers in patients.items()
    }
    new = [patient for patient, subject in subjects.items() if subject is None]
    if new:
        with project.catalogue.write() as connection:
            first = reserve_pseudonyms(connection, len(new))
        subjects.update({patient: pseudonym(first + n) for n, patient in enumerate(new)})
    taken = {row.id for row in rows}
    sources = []
    for patient, numbers in patients.items():
        subject = subjects[patient] or ""
        for number in numbers:
            if hashes[number] in known:
                case_id = known[hashes[number]].id
            else:
                case_id = _free_id(subject, taken)
                taken.add(case_id)
            one = series[number]
            reader = _SeriesReader(one, case_id)
            sources.append(Source(case_id, subject, hashes[number], reader, one.files, about=_about(one)))
    return sources


@dataclass(frozen=True)
class _SeriesReader:
    """Reads the image of a series; of the header only facts that identify nobody."""

    series: DicomSeriesFiles
    case_id: str

    def __call__(self) -> Loaded:
        read = read_dicom_series(self.series)
        notes = tuple(Finding(self.case_id, "warning", text_) for text_ in read.findings)
        return Loaded(read.image, read.facts.as_attributes(), notes)


def _patient(series: DicomSeriesFiles) -> Hashable:
    """What tells patients apart within this import; never stored, logged or hashed into anything stored."""
    try:
        header = read_header(series.files[0], _IDENTITY)
        values = tuple(text(header, tag) for tag in _IDENTITY)
    except MedOptError:
        values = ("",) * len(_IDENTITY)
    identifier, issuer, name, birth = values
    if identifier:
        return ("id", identifier, issuer)
    if name:
        return ("name", name, birth)
    return ("folder", series.files[0].parent)


def _free_id(subject: str, taken: Iterable[str]) -> str:
    """The subject's name for its first series, then with -2, -3 …"""
    taken = set(taken)
    number = 1
    while (case_id := subject if number == 1 else f"{subject}-{number}") in taken:
        number += 1
    return case_id


def _about(series: DicomSeriesFiles) -> str:
    number = "series without a number" if series.number is None else f"series {series.number}"
    return f"{number} ({series.modality or 'unknown modality'}, {series.frames} images)"
