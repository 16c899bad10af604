from __future__ import annotations

from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.annotations import GridBox, ImageBoxes, read_voc

XML = """<annotation><filename>{name}.jpg</filename><path>/home/doe/{name}.jpg</path>
<size><width>20</width><height>10</height><depth>3</depth></size>{objects}</annotation>"""
OBJECT = """<object><name>{0}</name><bndbox><xmin>{1}</xmin><ymin>{2}</ymin><xmax>{3}</xmax><ymax>{4}</ymax></bndbox>
</object>"""


def write(folder: Path, name: str, *objects: tuple) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = XML.format(name=name, objects="".join(OBJECT.format(*one) for one in objects))
    (folder / f"{name}.xml").write_text(text)


def test_a_box_from_one_to_the_width_covers_the_image(tmp_path: Path) -> None:
    write(tmp_path, "a", ("WBC", 1, 1, 20, 10), ("RBC", 3, 4, 5, 6))
    sheet = read_voc(tmp_path)
    whole, small = sheet.entries["a"].boxes
    assert (whole.lower, whole.upper) == ((-0.5, -0.5, -0.5), (0.5, 9.5, 19.5))
    assert (small.lower, small.upper) == ((-0.5, 2.5, 1.5), (0.5, 5.5, 4.5))
    assert sheet.entries["a"].size == (20, 10)
    assert sheet.names == ("RBC", "WBC")


def test_no_objects_are_no_boxes_and_a_point_has_no_extent(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", ("RBC", 5, 5, 5, 5))
    sheet = read_voc(tmp_path)
    assert sheet.entries["a"] == ImageBoxes((), (20, 10))
    (point,) = sheet.entries["b"].boxes
    assert isinstance(point, GridBox)
    assert point.upper[1:] == point.lower[1:]


def test_image_sets_are_parts_of_a_split(tmp_path: Path) -> None:
    for name in "abcd":
        write(tmp_path / "Annotations", name)
    sets = tmp_path / "ImageSets" / "Main"
    sets.mkdir(parents=True)
    (sets / "train.txt").write_text("a\n")
    (sets / "val.txt").write_text("b 1\n")
    (sets / "trainval.txt").write_text("a\nb\nd\n")
    (sets / "test.txt").write_text("c\n\n")
    parts = {key: value["split"] for key, value in read_voc(tmp_path).attributes.items()}
    assert parts == {"a": "train", "b": "validation", "c": "test", "d": "train"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotation", "expected XML"),
        ("<kml/>", "an element 'annotation'"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>', "plain XML"),
        ("<annotation><object><name>a</name></object></annotation>", "four numbers in 'bndbox'"),
        ("<annotation><size><width>x</width><height>1</height></size></annotation>", "width and height in numbers"),
    ],
)
def test_a_damaged_file_harms_no_other(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path, "good")
    (tmp_path / "bad.xml").write_text(text)
    entries = read_voc(tmp_path).entries
    assert isinstance(entries["good"], ImageBoxes)
    with pytest.raises(MedOptError, match=message):
        raise entries["bad"]


def test_a_folder_without_files(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="no annotations"):
        read_voc(tmp_path)


def test_blood_cells(real_data: Path) -> None:
    sheet = read_voc(real_data / "bccd")
    boxes = [box for one in sheet.entries.values() for box in one.boxes]
    counts = {name: sum(box.name == name for box in boxes) for name in sheet.names}
    assert counts == {"Platelets": 361, "RBC": 4155, "WBC": 372}
    points = [key for key, one in sheet.entries.items() if any(b.upper[2] <= b.lower[2] for b in one.boxes)]
    assert points == ["BloodImage_00338", "BloodImage_00343"]
    # counted from 1: no box leaves the image, and boxes at the edges reach it exactly
    assert min(box.lower[2] for box in boxes) == -0.5
    assert max(box.upper[2] for box in boxes) == 639.5
    parts = [one["split"] for one in sheet.attributes.values()]
    assert [parts.count(part) for part in ("train", "validation", "test")] == [205, 87, 72]
