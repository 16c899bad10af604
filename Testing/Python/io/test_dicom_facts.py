"""What is kept of a header, and that nothing else is."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import keyword_dict
from pydicom.dataset import Dataset

from medopt.io.dicom_facts import DicomFacts, read_facts

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value:UserWarning:pydicom")


def header(**values: object) -> Dataset:
    result = Dataset()
    for keyword, value in values.items():
        setattr(result, keyword, value)
    return result


def test_plain_header() -> None:
    facts = read_facts(
        header(
            Modality="CT", Manufacturer="Maker", ManufacturerModelName="Model X", BodyPartExamined="CHEST",
            PatientSex="M", PatientAge="047Y", SliceThickness="1.25", KVP="120", ConvolutionKernel=["B30f", "3"],
            WindowCenter=["40", "300"], WindowWidth=["400", "1500"], PatientPosition="HFS",
            PhotometricInterpretation="MONOCHROME2",
        )
    )  # fmt: skip
    assert facts.age_group == "45-49"
    assert facts.kernel == "B30f\\3"
    assert (facts.window_center, facts.window_width) == (40.0, 400.0)
    assert facts.as_attributes()["slice_thickness_mm"] == "1.25"
    assert "field_strength_t" not in facts.as_attributes()


def test_enhanced_header() -> None:
    shared = header(
        PixelMeasuresSequence=[header(SliceThickness="2")],
        CTXRayDetailsSequence=[header(KVP=100)],
        FrameVOILUTSequence=[header(WindowCenter=1, WindowWidth=2)],
        MREchoSequence=[header(EffectiveEchoTime=30.0)],
    )
    facts = read_facts(header(Modality="MR", SharedFunctionalGroupsSequence=[shared]))
    assert (facts.slice_thickness_mm, facts.kvp, facts.echo_time_ms) == (2.0, 100.0, 30.0)
    assert (facts.window_center, facts.window_width) == (1.0, 2.0)


def test_an_empty_header_tells_nothing() -> None:
    assert read_facts(Dataset()) == DicomFacts()
    assert DicomFacts().as_attributes() == {}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"PatientAge": "000D"}, "0-4"),
        ({"PatientAge": "018M"}, "0-4"),
        ({"PatientAge": "060M"}, "5-9"),
        ({"PatientAge": "089Y"}, "85-89"),
        ({"PatientAge": "090Y"}, "90+"),
        ({"PatientAge": "112Y"}, "90+"),
        ({"PatientAge": "47"}, ""),
        ({"PatientAge": "old"}, ""),
        ({"PatientBirthDate": "19520311", "StudyDate": "20200310"}, "65-69"),
        ({"PatientBirthDate": "19500311", "StudyDate": "20200311"}, "70-74"),
        ({"PatientBirthDate": "20300101", "StudyDate": "20200311"}, ""),
        ({"PatientBirthDate": "1952", "StudyDate": "20200311"}, ""),
    ],
)
def test_age_is_a_band(values: dict[str, str], expected: str) -> None:
    assert read_facts(header(**values)).age_group == expected


@pytest.mark.parametrize(("stored", "expected"), [("f", "F"), ("M", "M"), ("O", "O"), ("Erika", ""), ("", "")])
def test_sex_is_one_of_three(stored: str, expected: str) -> None:
    assert read_facts(header(PatientSex=stored)).sex == expected


@given(st.text(min_size=1, max_size=200))
def test_texts_are_short_and_printable(value: str) -> None:
    facts = read_facts(header(Manufacturer=value))
    assert len(facts.manufacturer) <= 64
    assert facts.manufacturer.isprintable()


ALLOWED = {
    "Modality", "Manufacturer", "ManufacturerModelName", "BodyPartExamined", "PatientSex", "PatientAge",
    "PatientBirthDate", "StudyDate", "SliceThickness", "KVP", "MagneticFieldStrength", "EchoTime", "RepetitionTime",
    "FlipAngle", "ConvolutionKernel", "WindowCenter", "WindowWidth", "PatientPosition", "ViewPosition",
    "ImageLaterality", "FrameLaterality", "PhotometricInterpretation", "EffectiveEchoTime",
}  # fmt: skip


def test_no_other_element_of_the_dictionary_shows() -> None:
    """Every text element that DICOM knows is filled with a marker: only the listed ones may show it."""
    marker = "MARKER"
    dataset = Dataset()
    texts = {"LO", "SH", "PN", "LT", "ST", "UT", "CS", "UC", "AE", "UI", "DA", "TM", "DT", "AS"}
    from pydicom.datadict import dictionary_VR

    for keyword in keyword_dict:
        if keyword and keyword not in ALLOWED and dictionary_VR(keyword) in texts:
            setattr(dataset, keyword, marker)
    assert len(dataset) > 1000
    assert read_facts(dataset) == DicomFacts()


def test_dates_never_show() -> None:
    facts = read_facts(header(PatientBirthDate="19520311", StudyDate="20200310"))
    assert facts.as_attributes() == {"age_group": "65-69"}
    assert not {"name", "id", "date", "uid", "institution"} & {field.name for field in fields(DicomFacts)}
