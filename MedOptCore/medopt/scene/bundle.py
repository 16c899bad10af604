"""The whole scene as one file (``.mrb``), written atomically and read with its failures told."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medopt.errors import MedOptError
from medopt.files import PARTIAL_PREFIX, atomic_path
from medopt.scene.nodes import Scene


def save_bundle(scene: Scene, path: str | Path) -> None:
    """Write everything in the scene to a ``.mrb`` file; a file that is there is replaced only when all went well.

    Raises MedOptError when the path does not end in ``.mrb`` or a node cannot be written.
    """
    import slicer

    path = Path(path)
    _check_name(path)
    messages = slicer.vtkMRMLMessageCollection()
    with (
        atomic_path(path) as temporary,
        tempfile.TemporaryDirectory(prefix=PARTIAL_PREFIX, dir=path.parent) as folder,
    ):
        written = Path(folder) / path.name  # MRML refuses file names that begin with a dot, as temporary has
        with _same_working_folder():
            done = scene.WriteToMRB(str(written.resolve()), None, messages)
        if not done or not written.is_file():
            raise MedOptError("the scene cannot be saved", where=path, found=_first_line(messages))
        written.replace(temporary)


def load_bundle(scene: Scene, path: str | Path) -> None:
    """Add everything in a ``.mrb`` file to the scene; what is in the scene stays.

    Raises MedOptError when the file is missing or is no scene.
    """
    import slicer

    path = Path(path)
    _check_name(path)
    if not path.is_file():
        raise MedOptError("the scene file is missing", where=path)
    messages = slicer.vtkMRMLMessageCollection()
    with _same_working_folder():
        done = scene.ReadFromMRB(str(path.resolve()), False, messages)
    if not done:
        raise MedOptError("the scene file cannot be read", where=path, found=_first_line(messages))


@contextmanager
def _same_working_folder() -> Iterator[None]:
    """Come back to the working folder: MRML's archive code leaves the process in a deleted one when it fails."""
    folder = os.getcwd()
    try:
        yield
    finally:
        os.chdir(folder)


def _check_name(path: Path) -> None:
    if path.suffix.lower() != ".mrb":
        raise MedOptError(
            "not a scene file", where=path, expected="a name that ends in .mrb", found=path.suffix or "none"
        )


def _first_line(messages: object) -> str | None:
    text: str = messages.GetAllMessagesAsString()  # type: ignore[attr-defined]
    return text.strip().splitlines()[0] if text.strip() else None
