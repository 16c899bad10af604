"""The images that a pretraining may see, prepared as a training prepares them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter
from medopt.files import file_sha256
from medopt.preprocess import PreparedStore, PreprocessSettings
from medopt.project import Project, Split


@dataclass(frozen=True, eq=False)
class PreparedImage:
    """An image ready to learn from.

    Parameters
    ----------
    case : its name
    array : (channel, k, j, i), memory-mapped
    spacing : mm along (k, j, i) of the prepared grid
    """

    case: str
    array: NDArray
    spacing: tuple[float, float, float]


def cases_to_learn_from(project: Project, split: Split) -> tuple[str, ...]:
    """All cases, labelled or not, that are of no test subject and carry no flag, ordered by name.

    A test is to tell how a model does on people whom it never met: also an image without its label would teach the
    encoder their anatomy, and the test would flatter it. Raises MedOptError when no case is left.
    """
    test = set(split.subjects["test"])
    named = set(split.test)
    cases = tuple(
        case.id for case in project.cases() if case.subject not in test and case.id not in named and case.flag is None
    )
    if not cases:
        raise MedOptError(
            "there is no image to learn from",
            where=project.folder,
            expected="images of subjects outside the test part",
            remedy="Import more images; they need no labels",
        )
    return cases


def prepare_images(
    project: Project, cases: Sequence[str], preprocess: PreprocessSettings, reporter: Reporter
) -> tuple[list[PreparedImage], dict[str, str]]:
    """Prepared images in the order given, from the project's cache where it has them; and those left out, with why."""
    store = PreparedStore(project.cache_folder / "prepared", preprocess)
    progress = Progress(reporter, "prepare", len(cases))
    prepared, left_out = [], {}
    for case in cases:
        try:
            prepared.append(_prepare(project, case, store))
        except MedOptError as error:
            left_out[case] = str(error)
            reporter.emit("message", level="warning", text=f"{case} is left out: {error}")
        progress.advance()
    return prepared, left_out


def _prepare(project: Project, case: str, store: PreparedStore) -> PreparedImage:
    image = store.volume(_content(project, case), lambda: project.read_image(case))
    return PreparedImage(case, image.array, image.geometry.spacing)


def _content(project: Project, case: str) -> str:
    """Names the content of a case's image as trainings name it, so that both share what was prepared."""
    display = project.images.display_path(case)
    digests = [file_sha256(path) for path in (*project.image_paths(case), *([display] if display else []))]
    return hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:24]
