"""Atomic writes: a kill at any point leaves the old file or the new one, never half of either."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError

PARTIAL_PREFIX = ".partial-"
"""Files with this prefix are unfinished writes; they may be deleted when no process is writing."""


@contextmanager
def atomic_path(path: str | Path, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path in the same folder; on a clean exit it is synced and renamed to ``path``.

    Without ``durable`` nothing is synced, which takes milliseconds: a kill leaves the old file or the new one all the
    same, but after a power cut it may be damaged. That is for what can be checked and made anew.

    The temporary name keeps every suffix of ``path``, so that writers which choose the format by the file's
    ending work. Raises MedOptError when the folder cannot be written or the disk is full.
    """
    path = Path(path)
    temporary = path.with_name(f"{PARTIAL_PREFIX}{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if durable:
            _sync_file(temporary)
        os.replace(temporary, path)
        if durable:
            sync_folder(path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        with suppress(OSError):  # a path that could not be made cannot be cleaned up either
            temporary.unlink(missing_ok=True)


def move(source: str | Path, target: str | Path) -> None:
    """Rename ``source`` to ``target`` within a file system, taking the place of a file there, and make it last.

    Raises MedOptError when that is not possible; ``source`` is then still where it was.
    """
    source, target = Path(source), Path(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(source, target)
        sync_folder(target.parent)
    except OSError as error:
        raise unwritable(target, error) from error


def unwritable(path: Path, error: OSError) -> MedOptError:
    """The clear message for a file that could not be written because of the file system."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return MedOptError(
            "the disk is full", where=path, remedy="Free some space and repeat the command; nothing saved was harmed"
        )
    return MedOptError(
        "the file cannot be written",
        where=path,
        found=error.strerror or type(error).__name__,
        remedy="Check that the folder exists and that you may write in it",
    )


def write_bytes(path: str | Path, data: bytes, *, durable: bool = True) -> None:
    """Write ``data`` to ``path`` atomically; ``durable`` as for ``atomic_path``."""
    with atomic_path(path, durable=durable) as temporary:
        temporary.write_bytes(data)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8 with Unix line ends."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: str | Path, value: Any, *, durable: bool = True) -> None:
    """Write ``value`` to ``path`` atomically as readable JSON; NaN and infinity are refused. ``durable`` as above."""
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode("utf-8"), durable=durable)


def read_json(path: str | Path) -> Any:
    """Read JSON from ``path``; a missing or damaged file is a MedOptError that names it."""
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MedOptError("the file cannot be read", where=path, found=error.strerror or str(error)) from error
    except ValueError as error:
        raise MedOptError("the file is damaged", where=path, expected="JSON text", found=str(error)) from error


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes as lower-case hexadecimal, read in pieces of 1 MiB."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def inside(folder: str | Path, relative: str | Path) -> Path:
    """``folder / relative``, refused when it would leave the folder (absolute paths, ``..``, links out of it)."""
    root = Path(folder).resolve()
    path = (root / relative).resolve()
    if path != root and root not in path.parents:
        raise MedOptError("the path leaves its folder", where=str(relative), expected=f"a path inside {root.name}")
    return path


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make renames within ``folder`` last through a power cut."""
    if os.name == "nt":  # Windows has no handle on folders that could be synced
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
