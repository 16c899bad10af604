"""DICOM headers with pydicom: which files are DICOM, and values read without trusting them."""

from __future__ import annotations

import logging
import re
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from medopt.errors import MedOptError
from medopt.io.payload import COPY_AGAIN, damaged, open_file

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

PREAMBLE = 128
BARE_STARTS = tuple(struct.pack("<HH", 8, element) for element in (0x00, 0x01, 0x05, 0x08, 0x12, 0x16, 0x18))
"""How files without a preamble begin: with an early element of group 0008, little endian."""
CODE = re.compile(r"[A-Z0-9_ ]{1,16}")
PYTHON_ERRORS = (
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError, OSError, RuntimeError,
    TypeError, ValueError, struct.error, zlib.error,
)  # fmt: skip


def reading_errors() -> tuple[type[Exception], ...]:
    """What pydicom and the decoders below it raise for damaged files; they promise no single type."""
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (*PYTHON_ERRORS, BytesLengthException, InvalidDicomError)


def looks_like_dicom(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (at least 132 bytes) is DICOM."""
    return head[PREAMBLE : PREAMBLE + 4] == b"DICM" or head.startswith(BARE_STARTS)


def read_header(path: Path, tags: Sequence[str] | None = None) -> Dataset:
    """The data set without its pixels; only ``tags`` (keywords) when they are given.

    Raises MedOptError for a file that is missing, empty, not DICOM or damaged.
    """
    return _read(path, stop_before_pixels=True, specific_tags=None if tags is None else list(tags))


def read_dataset(path: Path) -> Dataset:
    """The data set with its pixels, not yet decoded; MedOptError as ``read_header``."""
    return _read(path)


def _read(path: Path, **options: Any) -> Dataset:
    import pydicom

    with open_file(path) as stream:
        head = stream.read(PREAMBLE + 4)
        if not looks_like_dicom(head):
            raise damaged(path, "a DICOM file", "other data")
        stream.seek(0)
        bare = head[PREAMBLE:] != b"DICM"
        try:
            with pydicom_quiet():
                return pydicom.dcmread(stream, force=bare, **options)
        except reading_errors() as error:
            raise MedOptError(
                "the DICOM file is damaged", where=path, found=type(error).__name__, remedy=COPY_AGAIN
            ) from None


@contextmanager
def pydicom_quiet() -> Iterator[None]:
    """No warnings and no log of pydicom: they quote header values, which may name a person."""
    logger = logging.getLogger("pydicom")

    def nothing(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="pydicom")
            yield
    finally:
        logger.removeFilter(nothing)


def numbers(dataset: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    """``count`` finite numbers of an element, or None when it is absent, empty, unreadable or of another length."""
    try:
        with pydicom_quiet():
            value = dataset.get(keyword)
            if value is None or (isinstance(value, str) and not value.strip()):
                return None
            several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            result = tuple(float(x) for x in several)
    except reading_errors():
        return None
    return result if len(result) == count and np.isfinite(result).all() else None


def number(dataset: Dataset, keyword: str) -> float | None:
    """One finite number, the first of several; None when absent or unreadable."""
    try:
        with pydicom_quiet():
            value = dataset.get(keyword)
            if isinstance(value, Sequence) and not isinstance(value, str):
                value = value[0] if len(value) else None
            result = None if value is None or value == "" else float(value)
    except reading_errors():
        return None
    return result if result is not None and np.isfinite(result) else None


def text(dataset: Dataset, keyword: str) -> str:
    """An element as plain text, several values joined by a backslash; "" when absent or unreadable."""
    try:
        with pydicom_quiet():
            value = dataset.get(keyword)
            if value is None:
                return ""
            several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            return "\\".join(str(x) for x in several).strip()
    except reading_errors():
        return ""


def code(dataset: Dataset, keyword: str) -> str:
    """A code string such as a modality, in capitals; "" when absent or not of up to 16 characters that codes have.

    A damaged header may hold anything here, the text of other elements too: that must not reach a message.
    """
    value = text(dataset, keyword).upper()
    return value if CODE.fullmatch(value) else ""


def items(dataset: Dataset | None, keyword: str) -> list[Dataset]:
    """The items of a sequence; none when absent, empty or unreadable."""
    if dataset is None:
        return []
    try:
        with pydicom_quiet():
            value = dataset.get(keyword)
            return list(value) if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) else []
    except reading_errors():
        return []


def item(dataset: Dataset | None, keyword: str) -> Dataset | None:
    """The first item of a sequence; None when absent, empty or unreadable."""
    found = items(dataset, keyword)
    return found[0] if found else None
