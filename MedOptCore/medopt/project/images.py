"""The image store: one file a channel, de-identified, or files left in place and watched by their hash."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, select

from medopt.errors import MedOptError
from medopt.files import file_sha256, inside, read_json, write_json
from medopt.image import DisplayWindow, Image, windows_of_channels
from medopt.io import read_image, write_image
from medopt.project.cases import unknown_case
from medopt.project.catalogue import Catalogue
from medopt.project.schema import CHANNELS

DISPLAY = "display.json"
"""Beside the images of a case: its display windows, numbers and words of a closed list; absent when it has none."""


@dataclass(frozen=True)
class ChannelFile:
    """Where the voxels of one channel are.

    ``path`` is as the catalogue keeps it: with ``/``, relative to the project folder where possible.
    ``component`` is the channel within the file; ``referenced`` files belong to the user and may change.
    """

    path: str
    component: int
    referenced: bool
    file_sha256: str
    content_sha256: str


def content_sha256(array: NDArray) -> str:
    """SHA-256 over dtype, shape and values of an array: equal for equal voxels, whatever file they come from."""
    values = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{values.dtype.str} {values.shape} ".encode())
    digest.update(values.data)
    return digest.hexdigest()


def write_channels(image: Image, names: list[str], staging: Path, final: str) -> tuple[ChannelFile, ...]:
    """Write each channel of ``image`` to ``staging/NAME.nrrd``: voxels and geometry, nothing else of the source.

    The display windows of the image, if it has some, go to ``staging/display.json``.
    ``final`` is the folder, relative to the project, into which ``staging`` will be renamed. Raises MedOptError
    when the disk is full or the folder cannot be written.
    """
    files = []
    for number, name in enumerate(names):
        path = staging / f"{name}.nrrd"
        channel = image.array[number : number + 1]
        write_image(Image(channel, image.geometry), path)
        files.append(ChannelFile(f"{final}/{name}.nrrd", 0, False, file_sha256(path), content_sha256(channel[0])))
    if image.windows:
        write_json(staging / DISPLAY, {"windows": [window.to_json() for window in image.windows]})
    return tuple(files)


def reference_channels(image: Image, sources: tuple[Path, ...], project_folder: Path) -> tuple[ChannelFile, ...]:
    """The channels of ``image`` where they are: one source file a channel, or one that holds them all."""
    hashes = {source: file_sha256(source) for source in sources}
    files = []
    for number in range(image.channels):
        source, component = (sources[number], 0) if len(sources) > 1 else (sources[0], number)
        content = content_sha256(image.array[number])
        files.append(ChannelFile(_recorded(source, project_folder), component, True, hashes[source], content))
    return tuple(files)


class ImageStore:
    """Reads the images of a project."""

    def __init__(self, folder: Path, catalogue: Catalogue, channels: list[str]) -> None:
        self._folder, self._catalogue, self._channels = folder, catalogue, channels

    def files(self, case_id: str) -> tuple[ChannelFile, ...]:
        """The files of a case, one a channel in the project's order; MedOptError for an unknown case."""
        query = select(CHANNELS).where(CHANNELS.c.case_id == case_id).order_by(CHANNELS.c.position)
        with self._catalogue.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            raise unknown_case(case_id)
        return tuple(_channel_file(row) for row in rows)

    def path(self, file: ChannelFile) -> Path:
        """Where a channel's file is now; a store path that leaves the project is refused."""
        if file.referenced:
            return Path(os.path.normpath(self._folder / file.path))
        return inside(self._folder, file.path)

    def read(self, case_id: str) -> Image:
        """(channel, k, j, i) in the stored dtype (the widest of the channels), with its display windows.

        Raises MedOptError when a file is missing or damaged, when a referenced file is no longer the one that
        was imported, and when the channels lie on different grids. A case without a file of windows has none.
        """
        parts: list[Image] = []
        files = self.files(case_id)
        display = self._display_path(files)
        stored = () if display is None else read_windows(display)
        for number, (name, file) in enumerate(zip(self._channels, files, strict=True)):
            path = self.path(file)
            if file.referenced:
                _verify(path, file.file_sha256, f"case {case_id}, channel {name}")
            image = read_image(path)
            if image.channels <= file.component:
                raise MedOptError(
                    "the image has lost channels",
                    where=f"case {case_id}, channel {name}",
                    expected=f"at least {file.component + 1}",
                    found=str(image.channels),
                )
            kept = Image(image.array, image.geometry, image.windows if file.referenced else stored)
            windows = windows_of_channels([kept.windows_of(file.component if file.referenced else number)])
            parts.append(Image(image.array[file.component : file.component + 1], image.geometry, windows))
        return stack_channels(parts, f"case {case_id}")

    def display_path(self, case_id: str) -> Path | None:
        """The file of the display windows of a case; None when it has none or is referenced."""
        return self._display_path(self.files(case_id))

    def _display_path(self, files: tuple[ChannelFile, ...]) -> Path | None:
        if files[0].referenced:
            return None
        path = inside(self._folder, str(PurePosixPath(files[0].path).with_name(DISPLAY)))
        return path if path.exists() else None


def read_windows(path: Path) -> tuple[DisplayWindow, ...]:
    """The display windows of a ``display.json``; MedOptError that names it when it is damaged."""
    value = read_json(path)
    try:
        if not isinstance(value, dict) or not isinstance(value.get("windows"), list):
            raise MedOptError("no list of windows")
        return tuple(DisplayWindow.from_json(one) for one in value["windows"])
    except MedOptError as error:
        raise MedOptError(
            "the display windows are damaged",
            where=path,
            expected=error.expected or "a list of windows",
            found=error.problem,
            remedy="Import the case again, or remove the file to go without them",
        ) from error


def stack_channels(parts: list[Image], where: str) -> Image:
    """One image from several; MedOptError when their grids differ. A single one is returned as it is."""
    first = parts[0]
    for number, part in enumerate(parts[1:], 2):
        if not part.geometry.is_close(first.geometry):
            raise MedOptError(
                "the channels lie on different grids",
                where=where,
                expected=describe_grid(first),
                found=f"{describe_grid(part)} in channel {number}",
                remedy="Resample the channels to one grid and import the case again",
            )
    if len(parts) == 1:
        return first
    windows = windows_of_channels([part.windows_of(channel) for part in parts for channel in range(part.channels)])
    return Image(np.concatenate([part.array for part in parts]), first.geometry, windows)


def describe_grid(image: Any) -> str:
    """Shape, spacing and origin of anything with a geometry, for messages."""
    geometry = image.geometry
    shape = "×".join(map(str, geometry.shape))
    spacing = "×".join(f"{s:g}" for s in geometry.spacing)
    origin = ", ".join(f"{x:.2f}" for x in geometry.origin)
    return f"{shape} voxels (k, j, i) of {spacing} mm from LPS ({origin})"


def _verify(path: Path, sha256: str, where: str) -> None:
    try:
        found = file_sha256(path)
    except OSError as error:
        raise MedOptError(
            "the referenced image is missing",
            where=where,
            expected="the file that was imported, left in its place",
            found=error.strerror or type(error).__name__,
            remedy="Put the file back, or import the case without reference",
        ) from error
    if found != sha256:
        raise MedOptError(
            "the referenced image has changed since it was imported",
            where=where,
            expected=f"SHA-256 {sha256[:12]}…",
            found=f"{found[:12]}…",
            remedy="Put the original file back, or import the changed one as a new case",
        )


def _recorded(source: Path, project_folder: Path) -> str:
    source = source.resolve()
    try:
        return Path(os.path.relpath(source, project_folder.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return source.as_posix()


def _channel_file(row: Row[Any]) -> ChannelFile:
    return ChannelFile(row.path, row.component, row.referenced, row.file_sha256, row.content_sha256)
