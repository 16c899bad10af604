"""Classes as typed, and as data sets tell them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medopt import MedOptError
from medopt.cli.classes import PALETTE, channels_from, classes_from, parse_class
from medopt.events import Silence
from medopt.image import Image, LabelMap
from medopt.io import Segment, Segmentation, write_image, write_segmentation


def test_a_typed_class():
    assert parse_class("1=Anterior:#FF0000", 0).model_dump() == {
        "value": 1,
        "name": "Anterior",
        "color": "#FF0000",
        "terminology": "",
    }
    assert parse_class(" 2 = Vena: cava ", 1).name == "Vena: cava"
    assert parse_class("2=b", 9).color == PALETTE[1]


@pytest.mark.parametrize("text", ["Anterior", "1", "=a", "one=a", "1=", "1=a:", "1=:#ff0000"])
def test_a_class_that_cannot_be_read(text):
    with pytest.raises(MedOptError, match="--class"):
        parse_class(text, 0)


def test_value_0_is_background():
    with pytest.raises(MedOptError, match="field 'value'"):
        parse_class("0=Background", 0)


@pytest.mark.parametrize(
    "dataset",
    [
        {"labels": {"0": "background", "2": "Posterior", "1": "Anterior"}, "modality": {"0": "T1 w", "1": "FLAIR"}},
        {"labels": {"background": 0, "Anterior": 1, "Posterior": 2}, "channel_names": {"0": "T1 w", "1": "FLAIR"}},
    ],
    ids=["msd", "nnunet"],
)
def test_dataset_json(tmp_path, dataset):
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(dataset))
    assert [(c.value, c.name) for c in classes_from(path, Silence())] == [(1, "Anterior"), (2, "Posterior")]
    assert channels_from(path) == ["T1-w", "FLAIR"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not a description of a data set"),
        ("{", "damaged"),
        ('{"labels": 3}', "no classes"),
        ('{"labels": {"0": "background"}}', "no classes"),
        ('{"labels": {"whole": [1, 2]}}', "without a single whole value"),
    ],
)
def test_a_dataset_json_without_classes(tmp_path, text, message):
    path = tmp_path / "dataset.json"
    path.write_text(text)
    with pytest.raises(MedOptError, match=message):
        classes_from(path, Silence())


def test_plain_label_maps_give_values(tmp_path, oblique):
    for number, values in enumerate([(0, 3), (0, 1)]):
        array = np.resize(np.array(values, np.uint8), (1, *oblique.shape))
        write_image(Image(array, oblique), tmp_path / f"{number}.nrrd")
    (tmp_path / "notes.txt").touch()
    found = classes_from(tmp_path, Silence())
    assert [(c.value, c.name) for c in found] == [(1, "structure 1"), (3, "structure 3")]
    assert len({c.color for c in found}) == 2
    assert channels_from(tmp_path) == []


def test_segmentations_give_names_and_colours(tmp_path, oblique):
    array = np.resize(np.array([0, 1, 2], np.uint8), oblique.shape)
    segments = (Segment("S1", "Liver", (1.0, 0.0, 0.0), 1, 0, "t"), Segment("S2", "Spleen", (0.0, 0.0, 1.0), 2, 0))
    path = tmp_path / "a.seg.nrrd"
    write_segmentation(Segmentation.from_label_map(LabelMap(array, oblique), segments), path)
    found = classes_from(path, Silence())
    assert [(c.value, c.name, c.color) for c in found] == [(1, "Liver", "#ff0000"), (2, "Spleen", "#0000ff")]
    assert found[0].terminology == "t"


def test_nothing_to_read(tmp_path):
    with pytest.raises(MedOptError, match="no label files"):
        classes_from(tmp_path, Silence())
    with pytest.raises(MedOptError, match="no such file or folder"):
        classes_from(tmp_path / "none", Silence())
