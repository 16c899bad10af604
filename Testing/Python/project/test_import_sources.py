from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.events import Silence
from medopt.image import Boxes
from medopt.project import ClassInfo, Project, import_folder
from medopt.project.import_sources import Wanted, find_sources

CLASSES = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "RBC"), (2, "WBC"), (3, "Platelets"))]
BOX = "<object><name>{}</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>{}</xmax><ymax>4</ymax></bndbox></object>"


def picture(path: Path, seed: int) -> None:
    import SimpleITK

    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 255, (6, 8), np.uint8)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(path))


def detection(folder: Path) -> Project:
    return Project.create(folder / "p", name="x", classes=CLASSES, task="detection")


def voc(root: Path) -> Path:
    for n, name in enumerate("abc"):
        picture(root / "JPEGImages" / f"{name}.png", n)
    (root / "Annotations").mkdir()
    (root / "Annotations" / "a.xml").write_text(
        f"<annotation>{BOX.format('RBC', 3)}{BOX.format('WBC', 1)}</annotation>"
    )
    (root / "Annotations" / "b.xml").write_text("<annotation/>")
    (root / "Annotations" / "d.xml").write_text("<annotation/>")
    return root


def test_a_pascal_voc_data_set(tmp_path: Path) -> None:
    made = detection(tmp_path)
    summary = import_folder(made, voc(tmp_path / "voc"))
    assert summary.imported == ("a", "b", "c")
    assert summary.labelled == ("a", "b")
    assert [(f.case, f.problem) for f in summary.left_out] == [("d", "a label without an image")]
    notes = {(f.case, f.problem) for f in summary.notes}
    assert notes == {
        ("", "every case counts as a subject of its own"),
        ("a", "a box without extent"),
        ("c", "no label for this image"),
    }
    assert made.read_label("b") == Boxes()
    found = made.read_label("a")
    np.testing.assert_allclose(found.to_index(made.case("a").geometry), [[[-0.5, 0.5, -0.5], [0.5, 3.5, 2.5]]])
    again = import_folder(made, tmp_path / "voc")
    assert (again.imported, again.unchanged) == ((), ("a", "b", "c"))


def test_a_changed_annotation_is_told_and_a_first_one_taken(tmp_path: Path) -> None:
    made = detection(tmp_path)
    root = voc(tmp_path / "voc")
    import_folder(made, root)
    (root / "Annotations" / "c.xml").write_text(f"<annotation>{BOX.format('RBC', 5)}</annotation>")
    (root / "Annotations" / "b.xml").write_text(f"<annotation>{BOX.format('RBC', 5)}</annotation>")
    summary = import_folder(made, root)
    assert summary.labelled == ("c",)
    told = [f for f in summary.left_out if f.case == "b"]
    assert [(f.problem, f.found) for f in told] == [("the project has another label for this case", "other boxes")]


def test_class_folders_with_parts_are_no_subjects(tmp_path: Path) -> None:
    classes = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "normal"), (2, "pneumonia"))]
    made = Project.create(tmp_path / "p", name="x", classes=classes, task="classification")
    for n, name in enumerate(("train/NORMAL/a_seg", "train/pneumonia/b", "test/normal/c")):
        picture(tmp_path / "xray" / f"{name}.png", n)
    summary = import_folder(made, tmp_path / "xray")
    assert len(summary.imported) == 3
    found = {case.id: (case.subject, case.attributes["split"], made.label_values()[case.id]) for case in made.cases()}
    assert found == {
        "train_NORMAL_a_seg": ("train_NORMAL_a_seg", "train", (1,)),
        "train_pneumonia_b": ("train_pneumonia_b", "train", (2,)),
        "test_normal_c": ("test_normal_c", "test", (1,)),
    }
    assert "every case counts as a subject of its own" in [note.problem for note in summary.notes]


def test_masks_of_slices_by_patient(tmp_path: Path) -> None:
    import SimpleITK

    names = ("SC-HF-I-01-IM-0001.dcm", "SC-HF-I-01-IM-0002.dcm", "SC-N-02-IM-0001.dcm")
    for n, name in enumerate(names):
        grey = np.random.default_rng(n).integers(0, 255, (6, 8, 1), np.uint8)
        mask = np.where(grey > 128, 255, 0).astype(np.uint8)
        for part, values in (("Images", grey), ("Labels", mask)):
            path = tmp_path / "lv" / part / "Part1" / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            colour = np.repeat(values, 3, axis=2)
            SimpleITK.WriteImage(SimpleITK.GetImageFromArray(colour, isVector=True), str(path))
    made = Project.create(tmp_path / "p", name="x", classes=[CLASSES[0]])
    pattern = r"(?P<subject>SC-(?P<group>HF-I|HF-NI|HYP|N)-\d+)"
    summary = import_folder(
        made, tmp_path / "lv" / "Images", tmp_path / "lv" / "Labels", subject_pattern=pattern, attributes={"split": "t"}
    )
    assert len(summary.labelled) == 3
    cases = made.cases()
    assert [case.subject for case in cases] == ["SC-HF-I-01", "SC-HF-I-01", "SC-N-02"]
    assert [case.attributes["group"] for case in cases] == ["HF-I", "HF-I", "N"]
    assert all(case.attributes["split"] == "t" for case in cases)
    image, label = made.read_image(cases[0].id), made.read_label(cases[0].id)
    assert image.channels == 1
    np.testing.assert_array_equal(label.array == 1, image.array[0] > 128)


def test_an_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match=r"for detection: voc, coco.*did you mean 'coco'"):
        find_sources(detection(tmp_path), Wanted(tmp_path, annotations="cocoo"), Silence())


def test_an_unknown_class_stops_the_import_before_it_begins(tmp_path: Path) -> None:
    root = voc(tmp_path / "voc")
    (root / "Annotations" / "c.xml").write_text(f"<annotation>{BOX.format('RBCs', 5)}</annotation>")
    made = detection(tmp_path)
    with pytest.raises(MedOptError, match="found 'RBCs'; did you mean 'RBC'"):
        import_folder(made, root)
    assert made.cases() == []
    assert import_folder(made, root, skip_classes=["RBCs"]).labelled == ("a", "b", "c")


def test_blood_cells(tmp_path: Path, real_data: Path) -> None:
    found = find_sources(detection(tmp_path), Wanted(real_data / "bccd"), Silence())
    assert (len(found.sources), found.left_out) == (364, [])
    counts: dict[int, int] = {}
    notes = []
    for source in found.sources:
        assert source.label is not None
        read = source.label.read(source.read().image.geometry) if source.id.endswith(("338", "343")) else None
        if read is not None:
            notes += [(note.case, note.problem) for note in read.notes]
            for box in read.label.boxes:
                counts[box.value] = counts.get(box.value, 0) + 1
    assert notes == [("BloodImage_00338", "a box without extent"), ("BloodImage_00343", "a box without extent")]
