"""The files of a model package, checked before any of them is used, in a folder or in a zip file."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from medopt.errors import MedOptError
from medopt.files import file_sha256, inside, read_json
from medopt.inference.runtimes.runtime import DEFAULT_RUNTIME, RUNTIMES, missing_packages

METADATA = "metadata.json"
CHECKSUMS = "checksums.json"
SECTION = "medopt"
"""Where a package's metadata.json keeps MedOpt's own description."""
MOST_FILES = 1000
LARGEST_PACKAGE = 4 << 30
"""Bytes of all files together."""
LARGEST_TEXT = 32 << 20
"""Bytes of a JSON file."""
_PIECE = 1 << 20
_ANEW = "Copy the whole package again, or export it anew"


@contextmanager
def open_package(path: Path) -> Iterator[Path]:
    """The folder of the package at ``path``: the folder itself, that of the ``model.onnx`` in it, or a temporary copy
    of what a zip file holds. Raises MedOptError when there is no package, or the zip file is not to be trusted."""
    if path.is_file() and path.suffix.lower() == ".zip":
        with TemporaryDirectory(prefix="medopt-package-", ignore_cleanup_errors=True) as folder:
            yield unpacked(path, Path(folder))
        return
    yield path.parent if path.suffix == ".onnx" else path


def unpacked(path: Path, folder: Path) -> Path:
    """Unpack the zip file ``path`` into the empty ``folder`` and give where the package lies in it.

    Nothing is written outside the folder, no link is made, and no more bytes are written than the file's list of
    contents says and a package may have. Raises MedOptError when any entry asks for that.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for entry, name in _entries(archive, path):
                _write(archive, entry, inside(folder, name), path)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, OverflowError) as e:
        raise MedOptError("the zip file is damaged", where=path, found=str(e)[:200], remedy=_ANEW) from e
    except Exception as error:  # decompressors raise kinds of their own (zlib.error, LZMAError)
        raise MedOptError("the zip file is damaged", where=path, found=repr(error)[:200], remedy=_ANEW) from error
    inner = [entry for entry in folder.iterdir() if entry.is_dir()]
    return inner[0] if len(inner) == 1 and not (folder / METADATA).is_file() else folder


def _entries(archive: zipfile.ZipFile, path: Path) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST_PACKAGE:
        raise MedOptError(
            "the zip file is too large for a package",
            where=path,
            expected=f"at most {MOST_FILES} files and {LARGEST_PACKAGE >> 30} GiB",
        )
    seen = set()
    for entry in entries:
        name = entry.filename
        parts = PurePosixPath(name).parts
        if name.startswith(("/", "\\")) or ".." in parts or "\\" in name or ":" in name or "\0" in name:
            raise MedOptError("a path in the zip file leaves its folder", where=path, found=name[:100])
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise MedOptError("the zip file holds something else than files", where=path, found=name[:100])
        if name.casefold() in seen or not parts:
            raise MedOptError("a file comes twice in the zip file", where=path, found=name[:100])
        seen.add(name.casefold())
        yield entry, name


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, path: Path) -> None:
    left = entry.file_size
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, open(target, "xb") as stream:
        while piece := source.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise MedOptError("a file in the zip file is longer than it says", where=path, found=entry.filename)
            stream.write(piece)


def read_section(folder: Path, asked: Path) -> dict[str, Any]:
    """MedOpt's section of the metadata of the package in ``folder``, after all files were checked; ``asked`` is named
    when there is no package. Raises MedOptError when it is none, or a file is not as it was when it was made."""
    metadata = folder / METADATA
    if not metadata.is_file():
        raise MedOptError(
            "not a model of MedOpt",
            where=asked,
            expected=f"a folder with model.onnx and {METADATA} beside it",
            remedy="Give a folder or zip file that 'medopt export' made",
        )
    _check_folder(folder)
    values = _read_text(metadata)
    section = values.get(SECTION) if isinstance(values, dict) else None
    if not isinstance(section, dict) or not {"description", "file", "sha256"} <= set(section):
        raise MedOptError(
            "not a model of MedOpt", where=metadata, expected=f"a section '{SECTION}'", found="none or half of one"
        )
    return section


def engine_made_for(folder: Path) -> str:
    """The engine that the package in ``folder`` was brought to 8 bit for, where it says so and that engine is installed
    here; the default for all others. Looks into the metadata alone and raises MedOptError when it cannot be read."""
    metadata = folder / METADATA
    values: Any = read_json(metadata) if metadata.is_file() else None
    for name in (SECTION, "quantization", "engine"):
        values = values.get(name) if isinstance(values, dict) else None
    known = isinstance(values, str) and values in RUNTIMES and not missing_packages(values)
    return str(values) if known else DEFAULT_RUNTIME


def check_weights(folder: Path, section: dict[str, Any]) -> Path:
    """The model file that ``section`` names, which is inside ``folder`` and unchanged; raises MedOptError if not."""
    name = section["file"]
    if not isinstance(name, str) or not name.endswith(".onnx") or "\0" in name:
        raise MedOptError("not a model of MedOpt", where=folder / METADATA, expected="the name of an ONNX file")
    file = inside(folder, name)
    if not file.is_file():
        raise MedOptError("the model's weights are missing", where=file)
    found = file_sha256(file)
    if found != section["sha256"]:
        raise MedOptError(
            "the model's weights are not those of its description",
            where=file,
            expected=f"SHA-256 {str(section['sha256'])[:12]}…",
            found=f"{found[:12]}…",
            remedy=_ANEW,
        )
    return file


def _check_folder(folder: Path) -> None:
    """No links, nothing but files and folders, bounded in number and size; and each file as ``checksums.json`` says."""
    number = size = 0
    for entry in folder.rglob("*"):
        facts = entry.lstat()
        if stat.S_ISLNK(facts.st_mode) or not (stat.S_ISREG(facts.st_mode) or stat.S_ISDIR(facts.st_mode)):
            raise MedOptError("a model package holds files only", where=entry, found="a link or a special file")
        number, size = number + 1, size + (facts.st_size if stat.S_ISREG(facts.st_mode) else 0)
        if number > MOST_FILES or size > LARGEST_PACKAGE:
            raise MedOptError(
                "the folder is too large for a model package",
                where=folder,
                expected=f"at most {MOST_FILES} files and {LARGEST_PACKAGE >> 30} GiB",
            )
    if (folder / CHECKSUMS).exists():
        _check_sums(folder)


def _check_sums(folder: Path) -> None:
    sums = _read_text(folder / CHECKSUMS)
    if not isinstance(sums, dict) or METADATA not in sums:
        raise MedOptError("the list of files is damaged", where=folder / CHECKSUMS, expected="file name to SHA-256")
    for name, wanted in sums.items():
        file = inside(folder, name) if "\0" not in name else folder
        if not file.is_file():
            raise MedOptError("a file of the package is missing", where=folder / CHECKSUMS, found=name[:100])
        if file_sha256(file) != wanted:
            raise MedOptError("a file of the package was changed", where=file, remedy=_ANEW)


def _read_text(path: Path) -> Any:
    if path.stat().st_size > LARGEST_TEXT:
        raise MedOptError("the file is too large", where=path, expected=f"at most {LARGEST_TEXT >> 20} MiB of JSON")
    try:
        return read_json(path)
    except RecursionError as error:
        raise MedOptError("the file is damaged", where=path, found="JSON nested too deep") from error
