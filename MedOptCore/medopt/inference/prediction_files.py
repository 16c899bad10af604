"""How what a model says of an image is kept on disk: one kind of file a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.image import Boxes, ClassScores, LabelMap
from medopt.inference.description import ModelDescription
from medopt.io import Segment, Segmentation, read_label_map, write_segmentation
from medopt.io.markups import NamedBox, read_markup_boxes, write_markup_boxes
from medopt.tasks import Prediction

FORMAT = 1
"""Of the files of class scores."""


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Parameters
    ----------
    suffix : ending of the file's name
    write : a prediction, its model's description and the path; atomic
    read : what ``write`` wrote; raises MedOptError when it is damaged
    """

    suffix: str
    write: Callable[[Any, ModelDescription, Path], None]
    read: Callable[[Path, ModelDescription], Prediction]


def segments_of(description: ModelDescription) -> tuple[Segment, ...]:
    """The model's classes as segments of one layer."""
    return tuple(
        Segment(f"Segment_{info.value}", info.name, info.rgb, info.value, 0, info.terminology)
        for info in description.classes
    )


def _write_label_map(label: LabelMap, description: ModelDescription, path: Path) -> None:
    write_segmentation(Segmentation.from_label_map(label, segments_of(description)), path)


def _read_label_map(path: Path, description: ModelDescription) -> LabelMap:
    return read_label_map(path)


def _write_scores(scores: ClassScores, description: ModelDescription, path: Path) -> None:
    names = {info.value: info.name for info in description.classes}
    found = scores.label()
    write_json(
        path,
        {
            "format": FORMAT,
            "exclusive": scores.exclusive,
            "classes": [names[value] for value in found.present],
            "probabilities": {
                names[value]: probability
                for value, probability in zip(scores.values, scores.probabilities, strict=True)
            },
        },
    )


def _read_scores(path: Path, description: ModelDescription) -> ClassScores:
    values = read_json(path)
    try:
        by_name = {str(name): float(number) for name, number in values["probabilities"].items()}
        probabilities = tuple(by_name[info.name] for info in description.classes)
        exclusive = bool(values["exclusive"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MedOptError(
            "not a file of class scores", where=path, expected="a probability for each class", found=repr(error)
        ) from error
    return ClassScores(tuple(info.value for info in description.classes), probabilities, exclusive=exclusive)


def _write_boxes(boxes: Boxes, description: ModelDescription, path: Path) -> None:
    infos = {info.value: info for info in description.classes}
    named = [NamedBox.of(box, infos[box.value].name, infos[box.value].color) for box in boxes.boxes]
    write_markup_boxes(named, path)


def _read_boxes(path: Path, description: ModelDescription) -> Boxes:
    values = {info.name: info.value for info in description.classes}
    found = read_markup_boxes(path).boxes
    if unknown := sorted({box.name for box in found} - set(values)):
        raise MedOptError("box of an unknown class", where=path, expected=", ".join(values), found=", ".join(unknown))
    return Boxes(tuple(box.with_value(values[box.name]) for box in found))


KINDS: Mapping[str, Kind] = {
    "segmentation": Kind(".seg.nrrd", _write_label_map, _read_label_map),
    "classification": Kind(".class.json", _write_scores, _read_scores),
    "detection": Kind(".mrk.json", _write_boxes, _read_boxes),
}
"""Task → its kind of file."""


def kind_of(description: ModelDescription) -> Kind:
    """The kind of file for what the model says."""
    return KINDS[description.task]
