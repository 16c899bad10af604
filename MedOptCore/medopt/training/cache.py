"""Prepared volumes on disk: preprocessed once, uncompressed, memory-mapped.

The cache lies in the project's ``cache/prepared/KEY`` where KEY names the preprocessing; a case's files carry a
name made from the content of its image and label, so that a changed case is prepared anew. The folder can be
deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.files import atomic_path, file_sha256, read_json, write_json
from medopt.image import Geometry
from medopt.preprocess import Pipeline, PreprocessSettings
from medopt.project import Project
from medopt.tasks import Task

POINTS_A_CLASS = 2000
"""Voxels of each structure that are kept as possible patch centres."""


@dataclass(frozen=True, eq=False)
class PreparedCase:
    """A case ready to train on.

    Parameters
    ----------
    case, subject : their names
    image : (channel, k, j, i) float32, memory-mapped
    target : (k, j, i) uint8 as the task encodes it, memory-mapped
    points : for each class, (n, 3) voxel indices (k, j, i) that belong to it
    geometry : the prepared grid
    """

    case: str
    subject: str
    image: NDArray[np.float32]
    target: NDArray[np.uint8]
    points: tuple[NDArray[np.int32], ...]
    geometry: Geometry


def prepare_cases(
    project: Project,
    cases: Sequence[str],
    preprocess: PreprocessSettings,
    task: Task,
    *,
    reporter: Reporter | None = None,
) -> tuple[list[PreparedCase], dict[str, str]]:
    """Prepared cases in the order given, from the cache where it has them; and, for cases left out, the reason."""
    reporter = reporter or Silence()
    folder = project.cache_folder / "prepared" / _key(preprocess, task)
    pipeline = Pipeline(preprocess)
    progress = Progress(reporter, "prepare", len(cases))
    prepared, left_out = [], {}
    for case in cases:
        try:
            prepared.append(_prepare(project, case, folder, pipeline, task))
        except MedOptError as error:
            left_out[case] = str(error)
            reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
        progress.advance()
    return prepared, left_out


def _prepare(project: Project, case: str, folder: Path, pipeline: Pipeline, task: Task) -> PreparedCase:
    label_path = project.label_path(case)
    if label_path is None:
        raise MedOptError("the case has no label", where=case, remedy="Label it or leave it out of the split")
    name = _content(case, [*project.image_paths(case), label_path])
    files = {part: folder / f"{name}.{part}.npy" for part in ("image", "target", "points")}
    facts = folder / f"{name}.json"
    if not facts.is_file() or not all(path.is_file() for path in files.values()):
        image = pipeline.image(project.read_image(case))
        label = pipeline.label(project.read_label(case), image.geometry)
        target = task.encode(label)
        points = _points(target, task.outputs - 1)
        save_array(files["image"], np.ascontiguousarray(image.array, np.float32))
        save_array(files["target"], target)
        save_array(
            files["points"], np.concatenate([np.column_stack([np.full(len(p), c), p]) for c, p in enumerate(points)])
        )
        write_json(facts, {"geometry": image.geometry.to_json()})
    stored = load_array(files["points"])
    return PreparedCase(
        case=case,
        subject=project.case(case).subject,
        image=load_array(files["image"]),
        target=load_array(files["target"]),
        points=tuple(np.asarray(stored[stored[:, 0] == c, 1:]) for c in range(task.outputs - 1)),
        geometry=Geometry(**read_json(facts)["geometry"]),
    )


def save_array(path: Path, array: NDArray) -> None:
    """Write a plain ``.npy`` file atomically."""
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        np.lib.format.write_array(stream, array, allow_pickle=False)


def load_array(path: Path) -> NDArray:
    """A ``.npy`` file, memory-mapped for reading; never unpickled."""
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _points(target: NDArray[np.uint8], classes: int) -> list[NDArray[np.int32]]:
    """Up to POINTS_A_CLASS voxels of each class, evenly through its list of voxels."""
    points = []
    for value in range(1, classes + 1):
        voxels = np.argwhere(target == value).astype(np.int32)
        keep = np.linspace(0, len(voxels) - 1, min(len(voxels), POINTS_A_CLASS)).astype(int)
        points.append(voxels[keep])
    return points


def _key(preprocess: PreprocessSettings, task: Task) -> str:
    said = json.dumps([preprocess.to_yaml(), type(task).__name__, task.outputs])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _content(case: str, paths: Sequence[Path]) -> str:
    digest = hashlib.sha256("".join(file_sha256(path) for path in paths).encode()).hexdigest()
    return f"{case}-{digest[:16]}"
