"""Answers of a model and references of a project in one language: the classes that both know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.image import Boxes, ClassLabel, ClassScores, Image, LabelMap, windows_of_channels
from medopt.inference import ModelDescription
from medopt.tasks import Prediction
from medopt.validation.external.classes import ClassMatch


def translate_answer(said: Prediction, match: ClassMatch) -> Prediction:
    """What the model said, with the values of the project's classes; classes without a partner are gone.

    Of exclusive classes the probabilities are scaled so that those that are left sum to 1.
    """
    values = {pair.model.value: pair.there.value for pair in match.pairs}
    if isinstance(said, LabelMap):
        largest = max([0, *said.values(), *values])
        table = np.zeros(largest + 1, np.uint16 if max(values.values()) > 255 else np.uint8)
        for ours, theirs in values.items():
            table[ours] = theirs
        return LabelMap(table[said.array], said.geometry)
    if isinstance(said, ClassScores):
        sure = dict(zip(said.values, said.probabilities, strict=True))
        kept = [sure[ours] for ours in values]
        total = sum(kept)
        if said.exclusive and match.model_only:
            kept = [p / total if total else 1 / len(kept) for p in kept]
        return ClassScores(tuple(values.values()), tuple(kept), exclusive=said.exclusive)
    return Boxes(tuple(replace(box, value=values[box.value]) for box in said.boxes if box.value in values))


def translate_reference(label: Any, match: ClassMatch, *, exclusive: bool) -> Any:
    """A label of the project with only the classes that the model knows.

    Raises MedOptError for an image that shows, of exclusive classes, one that the model does not know.
    """
    values = {pair.there.value for pair in match.pairs}
    if isinstance(label, ClassLabel):
        present = tuple(value for value in label.present if value in values)
        if exclusive and label.present and not present:
            raise MedOptError("the image shows a class that the model does not know")
        return ClassLabel(present, tuple(value for value in label.unjudged if value in values))
    if isinstance(label, Boxes):
        boxes = tuple(box for box in label.boxes if box.value in values)
        return Boxes(boxes, tuple(value for value in label.unjudged if value in values))
    return label


def described_there(description: ModelDescription, match: ClassMatch) -> ModelDescription:
    """The description with the project's classes, for files that are to be read with the project."""
    return description.model_copy(update={"classes": tuple(pair.there for pair in match.pairs)})


def channel_order(model: Sequence[str], there: Sequence[str]) -> tuple[tuple[int, ...], str]:
    """For each channel of the model its place among the project's, and a note when names do not tell.

    Equal names decide; else, for as many channels, their order. Raises MedOptError for another number of channels.
    """
    if len(model) != len(there):
        raise MedOptError(
            "the project has another number of channels than the model",
            expected=f"{len(model)} ({', '.join(model)})",
            found=f"{len(there)} ({', '.join(there)})",
        )
    ours, theirs = [_plain(name) for name in model], [_plain(name) for name in there]
    if sorted(ours) == sorted(theirs):
        return tuple(theirs.index(name) for name in ours), ""
    pairs = ", ".join(f"{a} = {b}" for a, b in zip(model, there, strict=True))
    return tuple(range(len(model))), f"Channels were taken in their order, as names differ: {pairs}."


def reorder(image: Image, order: Sequence[int]) -> Image:
    """The image with its channels in another order."""
    if tuple(order) == tuple(range(image.channels)):
        return image
    windows = windows_of_channels([image.windows_of(place) for place in order])
    return Image(image.array[list(order)], image.geometry, windows)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().casefold()
