"""What MedOpt keeps of a DICOM header: a short list of facts about the acquisition, none about who was imaged."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from medopt.io.dicom_frames import group_of
from medopt.io.dicom_headers import code, item, number, text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

OLDEST_BAND = 90
"""Ages from here on are one group, as the HIPAA safe harbour asks."""
BAND = 5
DAYS_PER_UNIT = {"D": 1.0, "W": 7.0, "M": 365.25 / 12, "Y": 365.25}
LONGEST = 64


@dataclass(frozen=True)
class DicomFacts:
    """Facts of a series; None or "" where the header does not tell. This list is all that is ever read.

    Names, ids, dates, UIDs, institutions and free descriptions are not here, and nothing can add them.

    Parameters
    ----------
    modality, manufacturer, model, body_part : as the header has them, cut to 64 characters
    sex : "F", "M" or "O"
    age_group : five years ("45-49"), "90+" from 90 on
    slice_thickness_mm, kvp, field_strength_t, echo_time_ms, repetition_time_ms, flip_angle_deg : of the first image
    kernel : convolution kernel of a CT
    window_center, window_width : the first pair, in real values
    patient_position : such as "HFS"
    view, laterality : of mammograms and radiographs
    photometric : such as "MONOCHROME2"
    """

    modality: str = ""
    manufacturer: str = ""
    model: str = ""
    body_part: str = ""
    sex: str = ""
    age_group: str = ""
    slice_thickness_mm: float | None = None
    kvp: float | None = None
    field_strength_t: float | None = None
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    flip_angle_deg: float | None = None
    kernel: str = ""
    window_center: float | None = None
    window_width: float | None = None
    patient_position: str = ""
    view: str = ""
    laterality: str = ""
    photometric: str = ""

    def as_attributes(self) -> dict[str, str]:
        """The facts that are known, as text under the field names."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: f"{value:g}" if isinstance(value, float) else value
            for name, value in values.items()
            if value not in (None, "")
        }


def read_facts(dataset: Dataset) -> DicomFacts:
    """The facts of an object's header; functional groups of the first frame where an enhanced object uses them."""
    shared = item(dataset, "SharedFunctionalGroupsSequence")
    first = item(dataset, "PerFrameFunctionalGroupsSequence")
    measures = group_of(dataset, first, shared, "PixelMeasuresSequence")
    window = group_of(dataset, first, shared, "FrameVOILUTSequence")
    exposure = group_of(dataset, first, shared, "CTXRayDetailsSequence")
    reconstruction = group_of(dataset, first, shared, "CTReconstructionSequence")
    echo = group_of(dataset, first, shared, "MREchoSequence")
    timing = group_of(dataset, first, shared, "MRTimingAndRelatedParametersSequence")
    anatomy = group_of(dataset, first, shared, "FrameAnatomySequence")
    sex = text(dataset, "PatientSex").upper()
    echo_time = number(echo, "EffectiveEchoTime")
    return DicomFacts(
        modality=code(dataset, "Modality"),
        manufacturer=_short(text(dataset, "Manufacturer")),
        model=_short(text(dataset, "ManufacturerModelName")),
        body_part=code(dataset, "BodyPartExamined"),
        sex=sex if sex in ("F", "M", "O") else "",
        age_group=_agegroup_of(dataset),
        slice_thickness_mm=number(measures, "SliceThickness"),
        kvp=number(exposure, "KVP"),
        field_strength_t=number(dataset, "MagneticFieldStrength"),
        echo_time_ms=number(dataset, "EchoTime") if echo_time is None else echo_time,
        repetition_time_ms=number(timing, "RepetitionTime"),
        flip_angle_deg=number(timing, "FlipAngle"),
        kernel=_short(text(reconstruction, "ConvolutionKernel")),
        window_center=number(window, "WindowCenter"),
        window_width=number(window, "WindowWidth"),
        patient_position=code(dataset, "PatientPosition"),
        view=code(dataset, "ViewPosition"),
        laterality=code(anatomy, "FrameLaterality") or code(dataset, "ImageLaterality"),
        photometric=code(dataset, "PhotometricInterpretation"),
    )


def _short(value: str) -> str:
    return " ".join("".join(c for c in value if c.isprintable()).split())[:LONGEST]


def _agegroup_of(dataset: Dataset) -> str:
    years = _stated_age(text(dataset, "PatientAge"))
    if years is None:
        years = _age_from_dates(text(dataset, "PatientBirthDate"), text(dataset, "StudyDate"))
    if years is None or not 0 <= years < 150:
        return ""
    if years >= OLDEST_BAND:
        return f"{OLDEST_BAND}+"
    start = int(years) // BAND * BAND
    return f"{start}-{start + BAND - 1}"


def _stated_age(value: str) -> float | None:
    """Years from DICOM's age string, such as 045Y or 018M."""
    if len(value) == 4 and value[:3].isdigit() and value[3] in DAYS_PER_UNIT:
        return int(value[:3]) * DAYS_PER_UNIT[value[3]] / DAYS_PER_UNIT["Y"]
    return None


def _age_from_dates(birth: str, study: str) -> float | None:
    if len(birth) != 8 or len(study) != 8 or not (birth + study).isdigit():
        return None
    return int(study[:4]) - int(birth[:4]) - (study[4:] < birth[4:])
