"""Cases ready to train on: prepared volumes from the cache, targets on their grid, and where the structures are.

Everything lies in the project's ``cache/prepared``, under names made from the content of image and label and from the
steps of the recipe, so that whatever changes is made anew. The folder can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.files import file_sha256, read_json, write_json
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess import (
    Clipped,
    PreparedStore,
    PreprocessSettings,
    clipped,
    fit_cohort,
    load_array,
    needs_cohort,
    save_array,
)
from medopt.project import Project
from medopt.tasks import Task

SMALL = 4096
"""Numbers of target and points up to which they lie in the case's facts."""
CONTENT = 3
"""Changes with what is kept of a case, so that what an earlier MedOpt kept is made anew."""


@dataclass(frozen=True, eq=False)
class PreparedCase:
    """A case ready to train on.

    Parameters
    ----------
    case, subject : their names
    image : (channel, k, j, i), memory-mapped, in the narrowest real type that holds it
    target : as the task encodes it; of segmentation (k, j, i) uint8, memory-mapped
    points : for each class, (n, 3) voxel indices (k, j, i) that patches may be centred on to show it
    geometry : the prepared grid
    clipped : what the steps cut off
    judged : (classes,) which classes somebody looked for; all by default
    """

    case: str
    subject: str
    image: NDArray
    target: NDArray
    points: tuple[NDArray[np.int32], ...]
    geometry: Geometry
    clipped: tuple[Clipped, ...] = ()
    judged: NDArray[np.bool_] = field(default_factory=lambda: np.ones(0, bool))

    def __post_init__(self) -> None:
        if len(self.judged) != len(self.points):
            object.__setattr__(self, "judged", np.ones(len(self.points), bool))


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
    folder = project.cache_folder / "prepared"
    store = PreparedStore(folder, preprocess)
    progress = Progress(reporter, "prepare", len(cases))
    prepared, left_out = [], {}
    with project.catalogue.held():
        for case in cases:
            try:
                prepared.append(_prepare(project, case, folder, store, preprocess, task))
            except MedOptError as error:
                left_out[case] = str(error)
                reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
            progress.advance()
    return prepared, left_out


def training_preprocess(
    project: Project, cases: Sequence[str], preprocess: PreprocessSettings, *, reporter: Reporter | None = None
) -> PreprocessSettings:
    """The steps with the statistics that they ask of ``cases``, which must be the training part of the split.

    Raises MedOptError when no case can be read.
    """
    if not needs_cohort(preprocess):
        return preprocess
    progress = Progress(reporter or Silence(), "intensities", len(cases))

    def reader(case: str) -> Callable[[], tuple[Image, LabelMap | None]]:
        def read() -> tuple[Image, LabelMap | None]:
            progress.advance()
            label = None if project.label_path(case) is None else project.read_label(case)
            return project.read_image(case), label if isinstance(label, LabelMap) else None

        return read

    return fit_cohort(preprocess, [reader(case) for case in cases])


def _prepare(
    project: Project, case: str, folder: Path, store: PreparedStore, preprocess: PreprocessSettings, task: Task
) -> PreparedCase:
    label_path = project.label_path(case)
    if label_path is None:
        raise MedOptError("the case has no label", where=case, remedy="Label it or leave it out of the split")
    display = project.images.display_path(case)  # the windows of the header decide an outcome, too
    content = _digest([file_sha256(path) for path in (*project.image_paths(case), *([display] if display else []))])
    image = store.volume(content, lambda: project.read_image(case))
    grid = image.geometry
    said = [
        content,
        file_sha256(label_path),
        preprocess.to_yaml(),
        type(task).__name__,
        list(task.key),
        grid.to_json(),
        CONTENT,
    ]
    name = f"{case}-{_digest(said)}"
    found = _stored(folder / name)
    if found is None:
        label = project.read_label(case)
        target = task.encode(label, grid)
        points = task.points(target, grid.shape)
        cut = clipped(preprocess, project.read_image(case), label if isinstance(label, LabelMap) else None)
        judged = [bool(one) for one in task.judged(label)]
        facts: dict[str, Any] = {"clipped": [one.to_json() for one in cut], "judged": judged}
        _store(folder / name, target, points, facts)
        found = (target, points, facts)
    target, points, facts = found
    return PreparedCase(
        case=case,
        subject=project.case(case).subject,
        image=image.array,
        target=target,
        points=tuple(points),
        geometry=grid,
        clipped=tuple(Clipped.from_json(one) for one in facts["clipped"]),
        judged=np.array(facts["judged"], bool),
    )


def _store(path: Path, target: NDArray, points: Sequence[NDArray[np.int32]], facts: dict[str, Any]) -> None:
    """Keep a target under ``path`` with endings; a small one with its points in the facts, which then are one file that
    is not synced: when it is damaged it is made anew.
    """
    indices = np.concatenate([np.column_stack([np.full(len(p), c), p]) for c, p in enumerate(points)]).astype(np.int32)
    small = target.size + indices.size <= SMALL
    if small:
        inline = {"dtype": target.dtype.str, "shape": target.shape, "target": target.ravel().tolist()}
        facts = {**facts, **inline, "points": indices.tolist()}
    else:
        save_array(path.with_name(f"{path.name}.target.npy"), target)
        save_array(path.with_name(f"{path.name}.points.npy"), indices)
    write_json(path.with_name(f"{path.name}.json"), facts, durable=not small)


def _stored(path: Path) -> tuple[NDArray, list[NDArray[np.int32]], dict[str, Any]] | None:
    """What ``_store`` kept, large targets memory-mapped; None when it is not there or damaged."""
    try:
        facts = read_json(path.with_name(f"{path.name}.json"))
    except MedOptError:
        return None
    if "target" in facts:
        target = np.array(facts["target"], np.dtype(facts["dtype"])).reshape(facts["shape"])
        indices = np.array(facts["points"], np.int32).reshape(-1, 4)
    else:
        files = [path.with_name(f"{path.name}.{part}.npy") for part in ("target", "points")]
        if not all(file.is_file() for file in files):
            return None
        target, indices = load_array(files[0]), load_array(files[1])
    return target, [np.asarray(indices[indices[:, 0] == c, 1:]) for c in range(len(facts["judged"]))], facts


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]
