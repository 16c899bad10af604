from __future__ import annotations

from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.io.annotations import ImageClasses, read_box_table, read_class_table

CLASSES = ["Normal", "Effusion", "Mass, solid"]


def classes(folder: Path, text: str):
    (folder / "a.csv").write_text(text, encoding="utf-8")
    return read_class_table(folder / "a.csv", CLASSES)


def boxes(folder: Path, text: str):
    (folder / "a.csv").write_text(text)
    return read_box_table(folder / "a.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_one_column_names_the_class(tmp_path: Path, separator: str) -> None:
    lines = ["\ufeffImage Index|Age|Diagnosis|split", "x.png|80|Normal|train", "y.png|81|Effusion|test"]
    sheet = classes(tmp_path, "\n".join(lines).replace("Image Index", "image_index").replace("|", separator))
    assert sheet.entries == {"x.png": ImageClasses(("Normal",)), "y.png": ImageClasses(("Effusion",))}
    assert sheet.attributes == {"x.png": {"split": "train"}, "y.png": {"split": "test"}}
    assert "80" not in repr(sheet)


def test_several_classes_in_a_cell(tmp_path: Path) -> None:
    sheet = classes(tmp_path, 'file,label\nx,Normal|Effusion\ny,\nz,"Mass, solid"\n')
    assert sheet.entries["x"].present == ("Normal", "Effusion")
    assert sheet.entries["y"].present == ()
    assert sheet.entries["z"].present == ("Mass, solid",)


def test_numbers_from_0_are_places(tmp_path: Path) -> None:
    assert classes(tmp_path, "file,label\nx,0\ny,2\n").names == ("#0", "#2")
    assert classes(tmp_path, "file,label\nx,1\ny,2\n").names == ("1", "2")


def test_a_column_a_class(tmp_path: Path) -> None:
    sheet = classes(tmp_path, "case,effusion,Normal,other\nx,1,0,5\ny,,1.0,\nz,-1,no,\n")
    assert sheet.entries["x"] == ImageClasses(("Effusion",), ("Normal",))
    assert sheet.entries["y"] == ImageClasses(("Normal",), ())
    assert sheet.entries["z"] == ImageClasses((), ("Normal",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column of images.*found a, b"),
        ("", "no column of images.*found an empty file"),
        ("file,b\n1,2\n", "no column of classes"),
        ("file,label\n1,2,3\n", "2 cells a line, found another number in line 2"),
        ("file,label\n1,a\n1,b\n", "'1' again in line 3"),
        ("file,Normal\n1,7\n", "'7' for Normal in line 2"),
    ],
)
def test_damaged_tables_of_classes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        classes(tmp_path, text)


@pytest.mark.parametrize(
    "table",
    [
        "image,class,xmin,ymin,xmax,ymax\nx.png,cyst,2,3,12,8\n",
        "image,class,x1,y1,x2,y2\nx.png,cyst,2,3,12,8\n",
        "image,class,x,y,w,h\nx.png,cyst,2,3,10,5\n",
        "image,class,left,top,width,height\nx.png,cyst,2,3,10,5\n",
    ],
)
def test_boxes_of_pictures(tmp_path: Path, table: str) -> None:
    (box,) = boxes(tmp_path, table).entries["x.png"].boxes
    assert (box.name, box.lower, box.upper) == ("cyst", (-0.5, 2.5, 1.5), (0.5, 7.5, 11.5))


def test_boxes_of_volumes_and_images_without(tmp_path: Path) -> None:
    table = "case,xmin,xmax,ymin,ymax,zmin,zmax\nx,0,4,1,5,2,6\nx,0,1,0,1,0,1\ny,,,,,,\n"
    sheet = boxes(tmp_path, table)
    first = sheet.entries["x"].boxes[0]
    assert (first.name, first.lower, first.upper) == ("#0", (1.5, 0.5, -0.5), (5.5, 4.5, 3.5))
    assert (len(sheet.entries["x"].boxes), sheet.entries["y"].boxes) == (2, ())


def test_spheres_in_the_patient(tmp_path: Path) -> None:
    sheet = boxes(tmp_path, "seriesuid,coordX,coordY,coordZ,diameter_mm\nx,-128.7,-175.3,-298.4,5.65\n")
    (box,) = sheet.entries["x"].boxes
    assert (box.center, box.size) == ((-128.7, -175.3, -298.4), (5.65, 5.65, 5.65))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,xmin,ymin\nx,1,2\n", "no columns of boxes"),
        ("image,xmin,ymin,xmax,ymax\n", "an empty table"),
        ("image,xmin,ymin,xmax,ymax\nx,1,a,2,3\n", "text in line 2"),
        ("image,xmin,ymin,xmax,ymax\nx,1,nan,2,3\n", "something else in line 2"),
    ],
)
def test_damaged_tables_of_boxes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        boxes(tmp_path, text)
