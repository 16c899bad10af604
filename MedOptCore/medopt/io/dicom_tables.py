"""Lookup tables of DICOM headers, and the one that makes real values of stored ones (Modality LUT)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.io.dicom_headers import item, items, number, numbers, pydicom_quiet, reading_errors, text
from medopt.io.payload import COPY_AGAIN

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

BIG_ENDIAN = "1.2.840.10008.1.2.2"
STORED_AS_SHOWN = frozenset({"1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2"})
"""X-ray angiography and fluoroscopy: their modality table leads back to intensities and is no part of the display."""
LENGTH = 2**16


@dataclass(frozen=True, eq=False)
class LookupTable:
    """A table of a header (PS3.3 C.11.1.1, C.11.2.1.1).

    Parameters
    ----------
    entries : (entry,) uint8, or uint16 for more than 8 bits
    first : the input of the first entry, as the header states it; inputs follow in steps of 1
    bits : depth of the entries: each is below 2 ** bits
    """

    entries: NDArray[np.unsignedinteger]
    first: int
    bits: int


def read_table(dataset: Dataset, of: Dataset) -> LookupTable | None:
    """The table that a sequence item ``of`` of ``dataset`` holds; None when it is absent, short or unreadable.

    Entries of 8 bit may be packed in pairs. A stated depth that is too small for the entries is widened.
    """
    descriptor = numbers(of, "LUTDescriptor", 3)
    if descriptor is None:
        return None
    count, first, bits = (int(x) for x in descriptor)
    count = count % LENGTH or LENGTH
    try:
        with pydicom_quiet():
            data = of.get("LUTData")
            if isinstance(data, bytes):
                big = str(getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", "")) == BIG_ENDIAN
                words = np.frombuffer(data[: len(data) // 2 * 2], ">u2" if big else "<u2")
            else:
                words = (np.atleast_1d(np.asarray(data, np.int64)) % LENGTH).astype(np.uint16)
    except reading_errors():
        return None
    if bits <= 8 and len(words) == (count + 1) // 2 and count > 1:
        words = words.astype("<u2").view(np.uint8)
    if not 1 <= bits <= 16 or len(words) < count:
        return None
    words = words[:count]
    bits = max(bits, int(words.max()).bit_length())
    return LookupTable(words.astype(np.uint8 if bits <= 8 else np.uint16), first, bits)


def has_modality_table(dataset: Dataset) -> bool:
    """Whether real values are looked up in a table, in place of slope and intercept."""
    return bool(items(dataset, "ModalityLUTSequence")) and text(dataset, "SOPClassUID") not in STORED_AS_SHOWN


def modality_table(dataset: Dataset) -> LookupTable | None:
    """The table from stored to real values; None when there is none, or when it is unreadable."""
    first = item(dataset, "ModalityLUTSequence")
    table = None if first is None or not has_modality_table(dataset) else read_table(dataset, first)
    if table is None:
        return None
    start = table.first % LENGTH
    if number(dataset, "PixelRepresentation") and start >= LENGTH // 2:
        start -= LENGTH
    return LookupTable(table.entries, start, table.bits)


def looked_up(pixels: NDArray, dataset: Dataset, path: Path) -> NDArray:
    """Real values of stored ones (any shape) where the header has a table for them; else ``pixels`` itself.

    Values beyond the table get its first or its last entry. Raises MedOptError for a table that cannot be read,
    and for pixels that are not whole numbers.
    """
    if not has_modality_table(dataset):
        return pixels
    table = modality_table(dataset)
    if table is None or pixels.dtype.kind not in "iu":
        raise MedOptError(
            "the table of real values is damaged", where=path, expected="a Modality LUT for whole numbers",
            remedy=COPY_AGAIN,
        )  # fmt: skip
    index = pixels.astype(np.int64)
    index -= table.first
    return table.entries.take(index, mode="clip")
