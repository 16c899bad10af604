"""Prepared volumes on disk: worked out once, uncompressed, memory-mapped, in the narrowest type that holds them.

A file is named after what it was made from: the content of the image and the steps that made it. A second run reads.
What a costly step gives is kept too (float32), so that a changed step works out only itself and what follows it.
The folder can be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.files import atomic_path, read_json, write_json
from medopt.image import DisplayWindow, Geometry, Image
from medopt.preprocess.pipeline import Pipeline
from medopt.preprocess.registry import PreprocessSettings
from medopt.preprocess.source import ArraySource, Source
from medopt.preprocess.step import Step
from medopt.preprocess.storage import smallest

SMALL = 1 << 18
"""Bytes up to which an array is not synced when it is written, but checked when it is read, and read whole: with
thousands of small images that is what takes the time."""
VERSION = 3
"""Changes when a step's outcome does, so that nothing made by an older MedOpt is read."""


class PreparedStore:
    """Prepared volumes below ``folder``, for one set of steps.

    Parameters
    ----------
    folder : where the files lie; made when it is missing
    settings : steps without open cohort statistics
    """

    def __init__(self, folder: Path, settings: PreprocessSettings) -> None:
        self._folder, self._steps = Path(folder), settings.steps
        self._pipeline = Pipeline(settings)
        kept = [n for n, step in enumerate(self._steps[:-1], start=1) if step.costly]
        self._stages = [*kept, len(self._steps)]

    def volume(self, content: str, read: Callable[[], Image]) -> Image:
        """The prepared image of what ``read`` reads, as a memory-mapped array (channel, k, j, i).

        ``content`` names the image's content, such as a hash of its file; ``read`` is called only when something has
        to be worked out from the beginning. Raises MedOptError for what a step refuses, and when the disk is full.
        """
        final = self._path(content, len(self._steps))
        found = _load(final)
        if found is None:
            self._make(content, read, final)
            found = _load(final)
        if found is None:
            raise MedOptError("a prepared volume changes while it is read", where=final, remedy="Repeat the command")
        return found

    def _make(self, content: str, read: Callable[[], Image], final: Path) -> None:
        done = [stage for stage in self._stages[:-1] if _complete(self._path(content, stage))]
        begin = done[-1] if done else 0
        source: Source = _source(self._path(content, begin)) if done else self._pipeline.start(read())
        for stage in (stage for stage in self._stages[:-1] if stage > begin):
            path = self._path(content, stage)
            _save_stage(path, self._applied(self._steps[begin:stage], source))
            source, begin = _source(path), stage
        _save(final, smallest(self._applied(self._steps[begin:], source)))

    def _applied(self, steps: Sequence[Step], source: Source) -> Source:
        for step in steps:
            source = step.apply(source)
        return source

    def _path(self, content: str, stage: int) -> Path:
        """The .npy file of an image after so many steps; its facts lie beside it as .json."""
        said = json.dumps([VERSION, content, [step.model_dump(mode="json") for step in self._steps[:stage]]])
        return self._folder / f"{hashlib.sha256(said.encode()).hexdigest()[:24]}.npy"


def save_array(path: Path, array: NDArray, *, durable: bool = True) -> None:
    """Write a plain ``.npy`` file atomically."""
    with atomic_path(path, durable=durable) as temporary, open(temporary, "wb") as stream:
        np.lib.format.write_array(stream, array, allow_pickle=False)


def load_array(path: Path) -> NDArray:
    """A ``.npy`` file, memory-mapped for reading; never unpickled. MedOptError when it is damaged."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise MedOptError(
            "a prepared volume is damaged",
            where=path,
            expected="an array",
            found=str(error)[:200],
            remedy="Delete the project's folder cache/prepared; it is made anew",
        ) from error


def _complete(path: Path) -> bool:
    """Facts are written after the array: where they are, it is whole."""
    return path.with_suffix(".json").is_file() and path.is_file()


def _save(path: Path, image: Image) -> None:
    digest = None if image.array.nbytes > SMALL else _digest(image.array)
    save_array(path, image.array, durable=digest is None)
    _save_facts(path, image.geometry, image.windows, None, digest)


def _save_stage(path: Path, source: Source) -> None:
    """A volume slab by slab into a file: it is never whole in memory."""
    shape = (source.channels, *source.geometry.shape)
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        np.lib.format.write_array_header_1_0(
            stream, {"descr": np.dtype(np.float32).str, "fortran_order": False, "shape": shape}
        )
        for channel in range(source.channels):
            for _, values in source.slabs(channel):
                stream.write(np.ascontiguousarray(values, np.float32).data)
    _save_facts(path, source.geometry, source.windows, source.whole)


def _save_facts(
    path: Path,
    grid: Geometry,
    windows: Sequence[DisplayWindow],
    whole: tuple[int, int] | None,
    digest: str | None = None,
) -> None:
    facts = {"geometry": grid.to_json(), "windows": [w.to_json() for w in windows], "whole": whole, "sha256": digest}
    write_json(path.with_suffix(".json"), facts, durable=digest is None)


def _load(path: Path) -> Image | None:
    """The stored image; None when it is not there, and when what was not synced is damaged."""
    if not _complete(path):
        return None
    try:
        facts = read_json(path.with_suffix(".json"))
    except MedOptError:
        return None
    windows = tuple(DisplayWindow.from_json(value) for value in facts["windows"])
    grid, digest = Geometry(**facts["geometry"]), facts.get("sha256")
    if digest is None:
        return Image(load_array(path), grid, windows)
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return Image(array, grid, windows) if _digest(array) == digest else None


def _digest(array: NDArray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()


def _source(path: Path) -> ArraySource:
    whole = read_json(path.with_suffix(".json"))["whole"]
    stored = _load(path)
    if stored is None:
        raise MedOptError(
            "a prepared volume is damaged", where=path, remedy="Delete the project's folder cache/prepared"
        )
    return ArraySource(stored, whole=None if whole is None else (int(whole[0]), int(whole[1])))
