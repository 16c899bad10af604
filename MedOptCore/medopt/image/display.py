"""How an image asks to be shown: the windows and tables of values of its DICOM header, without any text of it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError

Function = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID", "TABLE"]
FUNCTIONS: tuple[str, ...] = get_args(Function)
NAMES = frozenset((
    "abdomen", "aorta", "bone", "bones", "brain", "breast", "cardiac", "chest", "default", "hard", "harder",
    "head", "heart", "hip", "kidney", "knee", "liver", "lung", "lungs", "mediastinum", "neck", "normal", "orbit",
    "orbits", "pancreas", "pelvis", "posterior fossa", "sinus", "skull", "soft", "soft tissue", "softer", "spine",
    "stroke", "subdural", "temporal bone", "thorax", "vascular", "window1", "window2",
))  # fmt: skip
"""Every word that may name a window: explanations in headers are free text, which may hold the name of a person."""
LARGEST = 1e30
"""Centres and widths beyond this have no room in 32-bit arithmetic."""
MOST_ENTRIES = 2**16
"""Entries a DICOM table can have."""
NEAR_END = math.log(2 * 255 - 1) / 4
"""Widths from the centre at which the sigmoid is half a level of 8 bit from its end."""


def known_name(explanation: str) -> str:
    """``explanation`` as a name for a window when it is one of ``NAMES``, whatever its case; else ""."""
    name = " ".join(explanation.replace("_", " ").replace("-", " ").lower().split())
    return name if name in NAMES else ""


@dataclass(frozen=True, eq=False)
class DisplayWindow:
    """One way to take real values to grey from 0 (black) to 1 (white): a DICOM window or VOI lookup table.

    Source: DICOM PS3.3, C.11.2.1.1 (tables), C.11.2.1.2 (LINEAR), C.11.2.1.3 (SIGMOID, LINEAR_EXACT). Input is the
    outcome of the modality transformation (Hounsfield units, …), for tables too, as C.11.1 has it.

    Parameters
    ----------
    center, width : in real values; of a table the middle and the extent of its range
    function : "LINEAR", "LINEAR_EXACT", "SIGMOID" or "TABLE"
    inverted : low values are bright (MONOCHROME1)
    name : one of ``NAMES``, or ""
    channel : the channel that it belongs to, counted from 0; None when it holds for all
    table : (entry,) uint8 or uint16 of a "TABLE", else None; see ``of_table``
    first : real value of the table's first entry; entries follow in steps of 1
    bits : depth of the entries, which run from 0 to 2 ** bits - 1
    """

    center: float
    width: float
    function: Function = "LINEAR"
    inverted: bool = False
    name: str = ""
    channel: int | None = None
    table: NDArray[np.unsignedinteger] | None = None
    first: int = 0
    bits: int = 0

    @classmethod
    def of_table(
        cls, table: NDArray[np.unsignedinteger], first: int, bits: int, *, inverted: bool = False, name: str = ""
    ) -> DisplayWindow:
        """The window of a VOI lookup table: (entry,) uint8 or uint16, the first for the real value ``first``."""
        last = len(table) - 1
        return cls(first + last / 2, float(last), "TABLE", inverted, name, None, table, first, bits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DisplayWindow) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def check(self) -> None:
        """Raises MedOptError when DICOM forbids the window, or its numbers or table cannot be used."""
        if not (math.isfinite(self.center) and math.isfinite(self.width) and _fits(self.center, self.width)):
            raise MedOptError(
                "the window cannot be used", expected=f"centre and width up to {LARGEST:g}",
                found=f"centre {self.center:g}, width {self.width:g}",
            )  # fmt: skip
        if self.function == "TABLE":
            table, bits = self.table, self.bits
            if table is None or not 0 < len(table) <= MOST_ENTRIES or not int(table.max()) < 2**bits <= 2**16:
                raise MedOptError("the lookup table cannot be used", expected="1 to 65536 entries of 1 to 16 bits")
            return
        least, words = (1, "1 or more") if self.function == "LINEAR" else (0, "more than 0")
        if self.width < least or self.width <= 0:
            raise MedOptError(
                "the window is too narrow", expected=f"a width of {words} for {self.function}",
                found=f"{self.width:g}", remedy="Choose another window of the header, or state level and width",
            )  # fmt: skip

    @property
    def limits(self) -> tuple[float, float]:
        """(low, high) real values: at or below low the outcome is at one end, at or above high at the other.

        A sigmoid only nears its ends; its limits are where it is half a level of 8 bit away from them. Those of
        a table are its first and its last entry. Raises MedOptError as ``check`` does.
        """
        self.check()
        center, half = self.center, self.width / 2
        if self.function == "LINEAR":
            center, half = center - 0.5, half - 0.5
        elif self.function == "SIGMOID":
            half = self.width * NEAR_END
        return center - half, center + half

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Grey from 0 to 1 for real values.

        Parameters
        ----------
        values : float32 (k, j, i), or any number of axes but none; written into and returned. Other types are
            copied. NaN stays NaN; empty input is returned as it is.

        A table counts between its entries by linear interpolation and holds its ends beyond them.

        Raises MedOptError as ``check`` does.
        """
        low, high = self.limits
        result = values if values.dtype == np.float32 else values.astype(np.float32)
        grey = None
        if self.table is not None:
            grey = self.table.astype(np.float32) / np.float32(2**self.bits - 1)
        # Slice by slice, so that what one operation leaves is still in the cache for the next.
        for part in result if result.ndim > 1 else result[np.newaxis]:
            if grey is not None:
                _look_up(part, self.first, grey)
            elif self.function == "SIGMOID":
                self._sigmoid(part)
            else:
                _ramp(part, low, high)
            if self.inverted:
                np.subtract(1, part, out=part)
        return result

    def _sigmoid(self, values: NDArray[np.float32]) -> None:
        with np.errstate(over="ignore"):
            values -= np.float32(self.center)
            values *= np.float32(-4 / max(self.width, 1 / LARGEST))
        np.clip(values, -80, 80, out=values)
        np.exp(values, out=values)
        values += 1
        np.reciprocal(values, out=values)

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and words; a table as base64 of its entries, 16 bit, little endian."""
        result: dict[str, Any] = {
            "center": self.center, "width": self.width, "function": self.function, "inverted": self.inverted,
            "name": self.name, "channel": self.channel,
        }  # fmt: skip
        if self.table is not None:
            entries = base64.b64encode(self.table.astype("<u2").tobytes()).decode()
            result["table"] = {"first": self.first, "bits": self.bits, "entries": entries}
        return result

    @classmethod
    def from_json(cls, value: object) -> DisplayWindow:
        """The window that ``to_json`` described; MedOptError for anything else."""
        window = _window(value)
        window.check()
        return window

    def _key(self) -> tuple:
        entries = None if self.table is None else self.table.astype("<u2").tobytes()
        return (
            self.center, self.width, self.function, self.inverted, self.name, self.channel, entries, self.first,
            self.bits,
        )  # fmt: skip


def windows_of_channels(parts: Sequence[tuple[DisplayWindow, ...]]) -> tuple[DisplayWindow, ...]:
    """The windows of an image from those of each of its channels.

    Windows that all channels share are listed once, for all; others are listed channel by channel.
    """
    bare = [tuple(replace(window, channel=None) for window in part) for part in parts]
    if all(part == bare[0] for part in bare[1:]):
        return bare[0] if bare else ()
    return tuple(replace(window, channel=number) for number, part in enumerate(bare) for window in part)


def _fits(center: float, width: float) -> bool:
    return abs(center) <= LARGEST and abs(width) <= LARGEST


def _ramp(values: NDArray[np.float32], low: float, high: float) -> None:
    span = np.float32(high - low)
    if span == 0:  # LINEAR of width 1 is a threshold (C.11.2.1.2.1)
        np.greater(values, np.float32(low), out=values, where=~np.isnan(values))
        return
    with np.errstate(over="ignore"):
        values -= np.float32(low)
        values /= span
    np.clip(values, 0, 1, out=values)


def _look_up(values: NDArray[np.float32], first: int, grey: NDArray[np.float32]) -> None:
    with np.errstate(invalid="ignore"):
        values -= np.float32(first)
        np.clip(values, 0, len(grey) - 1, out=values)
        index = values.astype(np.intp)
        values -= index
    below = grey.take(index, mode="clip")
    index += 1
    above = grey.take(index, mode="clip")
    above -= below
    values *= above
    values += below


def _window(value: object) -> DisplayWindow:
    wrong = MedOptError("no description of a window", expected="numbers and known words", found="something else")
    keys = {"center", "width", "function", "inverted", "name", "channel"}
    if not isinstance(value, Mapping) or set(value) - {"table"} != keys:
        raise wrong
    center, width, function, inverted = value["center"], value["width"], value["function"], value["inverted"]
    name, channel, table = value["name"], value["channel"], value.get("table")
    right = (
        _is_number(center) and _is_number(width) and function in FUNCTIONS and isinstance(inverted, bool)
        and isinstance(name, str) and name in {"", *NAMES}
        and (channel is None or (_is_whole(channel) and channel >= 0))
        and (table is not None) == (function == "TABLE")
    )  # fmt: skip
    if not right:
        raise wrong
    if table is None:
        return DisplayWindow(float(center), float(width), function, inverted, name, channel)
    if not isinstance(table, Mapping) or not {"first", "bits", "entries"} == set(table):
        raise wrong
    first, bits, text = table["first"], table["bits"], table["entries"]
    if not _is_whole(first) or not _is_whole(bits) or not isinstance(text, str):
        raise wrong
    try:
        entries = np.frombuffer(base64.b64decode(text, validate=True), "<u2").astype(np.uint16)
    except (binascii.Error, ValueError):
        raise wrong from None
    if not 1 <= bits <= 16 or entries.size == 0:
        raise wrong
    return replace(DisplayWindow.of_table(entries, first, bits, inverted=inverted, name=name), channel=channel)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and _is_number(value)
