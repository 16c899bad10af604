"""The text header of NRRD files (http://teem.sourceforge.net/nrrd/format.html), parsed and written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from medopt.image import Geometry
from medopt.io.grids import geometry_from_columns
from medopt.io.payload import damaged

LONGEST_HEADER = 1 << 24
TYPES = {
    "int8": ("signed char", "int8", "int8_t"),
    "uint8": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "int16": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "uint16": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "int32": ("int", "signed int", "int32", "int32_t"),
    "uint32": ("uint", "unsigned int", "uint32", "uint32_t"),
    "int64": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "uint64": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "float32": ("float",),
    "float64": ("double",),
}
TYPE_OF_NAME = {name: dtype for dtype, names in TYPES.items() for name in names}
SPATIAL_KINDS = frozenset({"domain", "space", "???", "none"})
TO_LPS = {
    "left": (0, 1.0),
    "right": (0, -1.0),
    "posterior": (1, 1.0),
    "anterior": (1, -1.0),
    "superior": (2, 1.0),
    "inferior": (2, -1.0),
}
SHORT_SPACES = {"l": "left", "r": "right", "a": "anterior", "p": "posterior", "s": "superior", "i": "inferior"}


@dataclass(frozen=True)
class NrrdHeader:
    """A parsed header.

    Parameters
    ----------
    fields : ``name: value`` lines, names in lower case
    pairs : ``key:=value`` lines, unescaped
    sizes : length of each axis, fastest first
    dtype : of the voxels, with the byte order of the file
    channel_axis : which axis (fastest first) is not spatial; None for a plain volume
    geometry : the grid of the spatial axes
    """

    fields: Mapping[str, str]
    pairs: Mapping[str, str]
    sizes: tuple[int, ...]
    dtype: np.dtype
    channel_axis: int | None
    geometry: Geometry

    @property
    def encoding(self) -> str:
        """How the voxels are stored: raw, gzip, bzip2, text …, in lower case."""
        return self.fields.get("encoding", "raw").lower()


def read_header(stream: BinaryIO, path: Path) -> NrrdHeader:
    """Parse the header and leave the stream at the first byte of voxels."""
    if stream.read(7) != b"NRRD000":
        raise damaged(path, "a NRRD file", "no NRRD signature")
    stream.readline(80)
    fields: dict[str, str] = {}
    pairs: dict[str, str] = {}
    while True:
        raw = stream.readline(LONGEST_HEADER)
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if not line:
            break
        if not raw.endswith(b"\n") and "data file" not in fields and not line.lower().startswith("data"):
            raise damaged(path, "a complete NRRD header", "the file ends within it")
        if line.startswith("#"):
            continue
        pair = re.match(r"([^:]*):=(.*)", line)
        if pair:
            pairs[_unescape(pair[1])] = _unescape(pair[2])
            continue
        name, colon, value = line.partition(":")
        if not colon:
            raise damaged(path, "lines of the form 'field: value' in the header", repr(line[:40]))
        name = {"datafile": "data file", "lineskip": "line skip", "byteskip": "byte skip", "axismins": "axis mins"}.get(
            name.strip().lower(), name.strip().lower()
        )
        fields[name] = value.strip()
        if name == "data file" and value.split()[:1] == ["LIST"]:
            break  # the file names follow, one a line; the caller reads them
    if not raw and "data file" not in fields:
        raise damaged(path, "a complete NRRD header", "the file ends within it")
    return _interpret(fields, pairs, path)


def header_text(
    dtype: np.dtype, channels: int | None, geometry: Geometry, *, kind: str, encoding: str, pairs: Mapping[str, str]
) -> str:
    """The header that belongs to voxels in native byte order, channel fastest (no channel axis for None)."""
    name = {"int64": "int64", "uint64": "uint64"}.get(dtype.name) or TYPES[dtype.name][0].replace("signed char", "int8")
    size, spacing, origin, _ = geometry.to_itk()
    columns = np.asarray(geometry.direction)[:, ::-1] * np.asarray(spacing)
    directions = ["(" + ",".join(repr(float(x)) for x in columns[:, a]) + ")" for a in range(3)]
    kinds = ["domain"] * 3
    sizes = [str(n) for n in size]
    if channels is not None:
        directions, kinds, sizes = ["none", *directions], [kind, *kinds], [str(channels), *sizes]
    lines = ["NRRD0004", f"type: {name}", f"dimension: {len(sizes)}", "space: left-posterior-superior"]
    lines += [f"sizes: {' '.join(sizes)}", f"space directions: {' '.join(directions)}", f"kinds: {' '.join(kinds)}"]
    if dtype.itemsize > 1:
        lines.append(f"endian: {'little' if np.little_endian else 'big'}")
    lines += [f"encoding: {encoding}", "space origin: (" + ",".join(repr(float(x)) for x in origin) + ")"]
    lines += [f"{_escape(key)}:={_escape(value)}" for key, value in pairs.items()]
    return "\n".join(lines) + "\n\n"


def _interpret(fields: Mapping[str, str], pairs: Mapping[str, str], path: Path) -> NrrdHeader:
    for name in ("type", "dimension", "sizes"):
        if name not in fields:
            raise damaged(path, f"the field '{name}' in the NRRD header", "none")
    type_name = TYPE_OF_NAME.get(" ".join(fields["type"].lower().split()))
    if type_name is None:
        raise damaged(path, f"a voxel type such as {', '.join(TYPES)}", fields["type"][:40])
    dtype = np.dtype(type_name)
    if dtype.itemsize > 1:
        endian = fields.get("endian", "").lower()
        text = fields.get("encoding", "raw").lower() in ("ascii", "txt", "text")
        if endian not in ("little", "big") and not text:
            raise damaged(path, "the field 'endian' as little or big", endian or "none")
        dtype = dtype.newbyteorder(">" if endian == "big" else "<")
    try:
        sizes = tuple(int(word) for word in fields["sizes"].split())
        dimension = int(fields["dimension"])
    except ValueError:
        raise damaged(path, "whole numbers in 'dimension' and 'sizes'", fields["sizes"][:40]) from None
    if len(sizes) != dimension or min(sizes, default=0) < 1:
        raise damaged(path, f"{dimension} sizes of at least 1", fields["sizes"][:40])
    directions, origin = _space(fields, dimension, path)
    spatial = [a for a in range(dimension) if directions[a] is not None]
    other = [a for a in range(dimension) if directions[a] is None]
    if len(spatial) not in (2, 3) or len(other) > 1:
        raise damaged(path, "2 or 3 axes in space and at most one of channels", f"{len(spatial)} and {len(other)}")
    columns = np.array([directions[a] for a in spatial], float).T
    shape = [sizes[a] for a in spatial]
    if len(spatial) == 2:
        third = np.cross(columns[:, 0], columns[:, 1])
        length = np.linalg.norm(third)
        columns = np.column_stack([columns, third / length if length > 0 else third])
        shape.append(1)
    geometry = geometry_from_columns(shape[::-1], columns[:, ::-1], origin, path)
    return NrrdHeader(fields, pairs, sizes, dtype, other[0] if other else None, geometry)


def _space(fields: Mapping[str, str], dimension: int, path: Path) -> tuple[list[NDArray | None], NDArray]:
    """The LPS vector of each axis, fastest first (None for channels), and the LPS origin."""
    to_lps = _to_lps(fields.get("space", ""))
    if "space directions" not in fields:
        return _plain_axes(fields, dimension, path)
    words = re.findall(r"\([^)]*\)|none", fields["space directions"])
    if len(words) != dimension:
        raise damaged(path, f"{dimension} space directions", f"{len(words)}")
    directions = [None if word == "none" else _vector(word, to_lps, path) for word in words]
    directions = [None if d is None or np.isnan(d).all() else d for d in directions]
    origin = _vector(fields["space origin"], to_lps, path) if "space origin" in fields else np.zeros(3)
    return directions, origin


def _plain_axes(fields: Mapping[str, str], dimension: int, path: Path) -> tuple[list[NDArray | None], NDArray]:
    """Axes of a file without directions: along L, P and S with the spacings given."""
    kinds = fields.get("kinds", "").lower().split()
    if len(kinds) == dimension:
        spatial = [a for a in range(dimension) if kinds[a] in SPATIAL_KINDS]
    else:
        spatial = list(range(min(dimension, 3)))
    directions: list[NDArray | None] = [None] * dimension
    if len(spatial) > 3:
        raise damaged(path, "at most three axes in space", str(len(spatial)))
    origin = np.zeros(3)
    for place, axis in enumerate(spatial):
        step = _axis_number(fields, "spacings", axis, dimension, path)
        low = _axis_number(fields, "axis mins", axis, dimension, path)
        high = _axis_number(fields, "axis maxs", axis, dimension, path)
        sizes = int(fields["sizes"].split()[axis])
        if np.isnan(step) and not np.isnan(low) and not np.isnan(high):
            step = (high - low) / sizes
        step = 1.0 if np.isnan(step) or step == 0 else step
        directions[axis] = np.eye(3)[place] * step
        if not np.isnan(low):
            origin[place] = low + step / 2
    return directions, origin


def _axis_number(fields: Mapping[str, str], name: str, axis: int, dimension: int, path: Path) -> float:
    words = fields.get(name, "").split()
    if not words:
        return float("nan")
    try:
        if len(words) != dimension:
            raise ValueError
        return float(words[axis])
    except ValueError:
        raise damaged(path, f"{dimension} numbers in '{name}'", fields[name][:40]) from None


def _vector(text: str, to_lps: NDArray, path: Path) -> NDArray:
    try:
        numbers = [float(word) for word in text.strip(" ()").split(",")]
    except ValueError:
        raise damaged(path, "a vector such as (1,0,0)", text[:60]) from None
    if len(numbers) not in (2, 3):
        raise damaged(path, "a vector of 2 or 3 numbers", text[:60])
    return to_lps @ np.array([*numbers, 0.0][:3])


def _to_lps(space: str) -> NDArray:
    """3×3 from the file's space to LPS; spaces that say nothing of the patient are taken as LPS, as ITK does."""
    words = space.strip().strip('"').lower().replace("-time", "").split("-")
    if len(words) == 1 and len(words[0]) in (3, 4):
        words = [SHORT_SPACES.get(letter, "") for letter in words[0][:3]]
    if len(words) != 3 or {TO_LPS[w][0] for w in words if w in TO_LPS} != {0, 1, 2}:
        return np.eye(3)
    matrix = np.zeros((3, 3))
    for column, word in enumerate(words):
        row, sign = TO_LPS[word]
        matrix[row, column] = sign
    return matrix


def _unescape(text: str) -> str:
    return re.sub(r"\\([n\\])", lambda m: "\n" if m[1] == "n" else "\\", text)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
