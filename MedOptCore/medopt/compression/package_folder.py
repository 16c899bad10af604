"""A package is built beside its place and moved there as a whole, with the SHA-256 of every file in it."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from medopt.errors import MedOptError
from medopt.files import atomic_path, file_sha256, unwritable, write_json
from medopt.inference.package_files import CHECKSUMS

_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The date of each entry of a zip file, so that the same package always gives the same bytes."""


@contextmanager
def new_package(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target``; on a clean exit list its files and put it in place of ``target``.

    An older package of that name is replaced as a whole; after an exception nothing is left behind and the older one
    is as it was. Raises MedOptError when the place cannot be written.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
        building.chmod(0o755)  # temporary folders are for their owner alone
    except OSError as error:
        raise unwritable(target, error) from error
    try:
        yield building
        write_json(building / CHECKSUMS, _checksums(building))
        _move(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def zip_package(folder: Path, path: Path | None = None) -> Path:
    """The package in ``folder`` as one zip file, ``folder.zip`` unless ``path`` is given; atomic."""
    path = path or folder.with_name(folder.name + ".zip")
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    if not files:
        raise MedOptError("there is no package to pack", where=folder)
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            entry = zipfile.ZipInfo(f"{folder.name}/{file.relative_to(folder).as_posix()}", _BEGINNING)
            entry.external_attr, entry.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return path


def _checksums(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): file_sha256(p) for p in files}


def _move(building: Path, target: Path) -> None:
    """Put the finished package in place; an older one of that name steps aside and is then deleted."""
    aside = building.with_name(building.name + "-old")
    try:
        if target.exists():
            target.rename(aside)
        building.rename(target)
    except OSError as error:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise unwritable(target, error) from error
    shutil.rmtree(aside, ignore_errors=True)
