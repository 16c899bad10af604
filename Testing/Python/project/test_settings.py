from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from medopt import MedOptError
from medopt.project.settings import FORMAT, ClassInfo, ProjectSettings, load_settings

GOOD = {
    "id": "0123456789abcdef0123456789abcdef",
    "name": "Hippocampus",
    "classes": [{"value": 1, "name": "Anterior", "color": "#ff8000"}],
}


def write(folder: Path, **changes: object) -> Path:
    (folder / "project.yaml").write_text(yaml.safe_dump({**GOOD, **changes}), encoding="utf-8")
    return folder


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    settings = ProjectSettings.parse({**GOOD, "channels": ["t1", "flair"], "name": "Größe 뇌"}, "x")
    settings.save(tmp_path / "project.yaml")
    assert load_settings(tmp_path) == settings


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path))
    assert (settings.task, settings.channels, settings.catalogue, settings.format) == (
        "segmentation",
        ["image"],
        None,
        FORMAT,
    )
    assert settings.class_values == {"Anterior": 1}
    assert settings.classes[0].rgb == (1.0, 128 / 255, 0.0)


def test_a_folder_that_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match=r"not a MedOpt project: expected .*project\.yaml, found no project\.yaml"):
        load_settings(tmp_path)
    with pytest.raises(MedOptError, match="found no such folder"):
        load_settings(tmp_path / "missing")


def test_a_newer_version_is_told_before_its_unknown_fields(tmp_path: Path) -> None:
    write(tmp_path, format=FORMAT + 1, something_new={"a": 1})
    with pytest.raises(
        MedOptError, match=rf"newer MedOpt: expected format {FORMAT} or lower, found format {FORMAT + 1}"
    ):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [unclosed", "not readable as YAML"),
        ("", "no settings"),
        ("- a\n- b\n", "no settings"),
        ("\x00\x01", "not readable as YAML"),
    ],
)
def test_a_damaged_file(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "project.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MedOptError, match=message):
        load_settings(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_bytes(b"name: \xff\xfe\x80")
    with pytest.raises(MedOptError, match=r"project\.yaml: the file cannot be read"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"chanels": ["a"]}, r"unknown field 'chanels'.*did you mean 'channels'"),
        ({"task": "segmentaton"}, r"field 'task'.*did you mean 'segmentation'"),
        ({"channels": ["a/b"]}, r"'a/b' must be letters"),
        ({"channels": ["t1", "T1"]}, "each channel needs a name of its own"),
        ({"channels": []}, "field 'channels'"),
        ({"classes": []}, "field 'classes'"),
        ({"classes": [{"value": 0, "name": "a", "color": "#000000"}]}, r"field 'classes\.0\.value'"),
        ({"classes": [{"value": 1, "name": "a", "color": "red"}]}, r"field 'classes\.0\.color'"),
        ({"id": "x"}, "field 'id'"),
        ({"multi_label": True}, "multi_label is for classification, and the task is segmentation"),
        ({"task": "detection", "ignored": 255}, "ignored is for segmentation, and the task is detection"),
        ({"ignored": 1}, "ignored 1 is the value of the class 'Anterior'"),
        ({"ignored": 0}, "field 'ignored'"),
    ],
)
def test_wrong_fields_are_named(tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        load_settings(write(tmp_path, **changes))


@pytest.mark.parametrize(("values", "names"), [((1, 1), ("a", "b")), ((1, 2), ("Liver", "liver "))])
def test_classes_must_differ(values: tuple[int, int], names: tuple[str, str]) -> None:
    classes = [{"value": v, "name": n, "color": "#000000"} for v, n in zip(values, names, strict=True)]
    with pytest.raises(MedOptError, match="each class needs a"):
        ProjectSettings.parse({**GOOD, "classes": classes}, "x")


def test_the_value_of_a_class_is_a_whole_number() -> None:
    with pytest.raises(MedOptError, match="value"):
        ClassInfo.parse({"value": "1", "name": "a", "color": "#000000"}, "x")
