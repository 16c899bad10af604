"""From an image to its label, on the image's own grid."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import Geometry, Image, LabelMap, windows_of_channels
from medopt.inference.cascade import foreground_box
from medopt.inference.labels import Slabs, label_of_slabs
from medopt.inference.model import Model
from medopt.inference.prediction_files import kind_of
from medopt.inference.scores import image_scores
from medopt.inference.sliding import sliding_slabs
from medopt.io import read_image
from medopt.preprocess import Pipeline
from medopt.tasks import Prediction, SegmentationTask

CHANNEL_SUFFIX = re.compile(r"^(?P<case>.+)_(?P<channel>\d{4})$")
"""How nnU-Net names the channels of one case: CASE_0000, CASE_0001, …"""


Watch = Callable[[Slabs, Geometry], Slabs]
"""Sees class probabilities on their way to the label: their slabs and grid in, the slabs unchanged out."""


@dataclass(frozen=True)
class PredictionSummary:
    """What ``predict_files`` did.

    Parameters
    ----------
    written : files, in the order of the inputs
    left_out : input → why
    """

    written: tuple[Path, ...]
    left_out: dict[str, str]


@contextmanager
def predict_scores(image: Image, model: Model) -> Iterator[tuple[NDArray[np.float32], Geometry]]:
    """The task's scores of ``image`` on the prepared grid (see ``image_scores``), and that grid."""
    wanted = model.description
    prepared = _prepared(image, model)
    with image_scores(
        prepared.array,
        model.runtime,
        wanted.build_task(),
        patch=wanted.patch,
        divisor=wanted.divisor,
        overlap=wanted.inference.overlap,
        mirror=wanted.inference.mirror,
    ) as scores:
        yield scores, prepared.geometry


def _prepared(image: Image, model: Model) -> Image:
    wanted = model.description
    if image.channels != len(wanted.channels):
        raise MedOptError(
            "wrong number of channels",
            expected=f"{len(wanted.channels)} ({', '.join(wanted.channels)})",
            found=str(image.channels),
        )
    return Pipeline(wanted.preprocess).image(image)


def predict_image(image: Image, model: Model, *, cascade: int = 1, watch: Watch | None = None) -> Prediction:
    """What the model says of ``image``: a label map with the classes' values exactly on its grid, the probability of
    each class, or boxes in the patient, by the model's task.

    With ``cascade`` above 1 a pass at that fraction of the resolution first finds the box in which structures lie, and
    the rest is background (segmentation only; see ``foreground_box``). ``watch`` sees the probabilities of every voxel
    of the prepared image while they arrive (segmentation without cascade only). Memory is bounded: the image, the
    prepared image in float32, the label, and scores of one layer of windows. Raises MedOptError when the image does not
    fit the model.
    """
    task = model.description.build_task()
    if isinstance(task, SegmentationTask):
        return task.label(_label(_prepared(image, model), image.geometry, model, task, cascade, watch))
    with predict_scores(image, model) as (scores, grid):
        return task.decode(scores, grid, image.geometry)


def _label(
    prepared: Image, original: Geometry, model: Model, task: SegmentationTask, cascade: int, watch: Watch | None
) -> LabelMap:
    """Class indices on ``original``."""
    wanted, volume, grid = model.description, prepared.array, prepared.geometry
    if cascade > 1:
        box = foreground_box(volume, model.runtime, task, patch=wanted.patch, divisor=wanted.divisor, factor=cascade)
        if box is None:
            return LabelMap(np.zeros(original.shape, np.uint8), original)
        volume = volume[(slice(None), *box)]
        grid = grid.cropped([side.start for side in box], volume.shape[1:])
    slabs = sliding_slabs(
        volume,
        model.runtime,
        outputs=task.outputs,
        patch=wanted.patch,
        divisor=wanted.divisor,
        overlap=wanted.inference.overlap,
        mirror=wanted.inference.mirror,
        activation=task.activate,
    )
    if watch is None or cascade > 1:
        return label_of_slabs(slabs, task.outputs, grid, original)
    slabs = watch(slabs, grid)
    label = label_of_slabs(slabs, task.outputs, grid, original)
    for _rest in slabs:  # slices that the label did not need
        pass
    return label


def predict_files(
    model: Model,
    inputs: Sequence[str | Path],
    output: str | Path,
    *,
    cascade: int = 1,
    reporter: Reporter | None = None,
) -> PredictionSummary:
    """Write what the model says of each image of ``inputs`` into ``output``; what fails is left out with the reason.

    Segmentation gives a ``CASE.seg.nrrd``, classification a ``CASE.class.json``, detection a ``CASE.mrk.json``.

    With several channels, give images that hold them all or files named ``CASE_0000``, ``CASE_0001`` … in the order of
    the model's channels. ``cascade`` as for ``predict_image``.
    """
    reporter = reporter or Silence()
    output, kind = Path(output), kind_of(model.description)
    written, left_out = [], {}
    for name, paths in track(
        reporter, "predict", _grouped(inputs, len(model.description.channels)).items(), unit="images"
    ):
        try:
            target = output / f"{name}{kind.suffix}"
            said = predict_image(_read(paths), model, cascade=cascade)
            kind.write(said, model.description, target)
        except MedOptError as error:
            left_out[name] = str(error)
            reporter.emit("message", level="warning", text=f"{name} is left out: {error}")
        else:
            written.append(target)
    return PredictionSummary(tuple(written), left_out)


def _grouped(inputs: Sequence[str | Path], channels: int) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for path in sorted(Path(p) for p in inputs):
        stem = path.name.removesuffix(".gz").rsplit(".", 1)[0] if path.is_file() else path.name
        match = CHANNEL_SUFFIX.match(stem) if channels > 1 else None
        groups.setdefault(match["case"] if match else stem, []).append(path)
    return groups


def _read(paths: Sequence[Path]) -> Image:
    images = [read_image(path) for path in paths]
    for path, image in zip(paths, images, strict=True):
        if not image.geometry.is_close(images[0].geometry):
            raise MedOptError(
                "the channels lie on different grids", where=path, expected=f"the grid of {paths[0].name}"
            )
    windows = windows_of_channels([image.windows_of(c) for image in images for c in range(image.channels)])
    return Image(np.concatenate([image.array for image in images]), images[0].geometry, windows)
