"""NIfTI-1 and NIfTI-2 volumes (https://nifti.nimh.nih.gov): ``.nii`` and ``.nii.gz``.

Where a file states its place twice, MedOpt takes the same statement as ITK and so as 3D Slicer: the sform if
its code is 1 (scanner), if there is no qform, or if both agree; else the qform. With neither, the axes run
along L, P and S from the origin.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.files import atomic_path
from medopt.image import LPS_TO_RAS, Geometry, Image
from medopt.io.format import Format
from medopt.io.grids import geometry_from_columns
from medopt.io.nrrd import COMPRESSION_LEVEL
from medopt.io.payload import byte_view, damaged, deflated_prefix, open_file, read_deflated, read_raw
from medopt.io.rescale import rescaled

HEADER_1 = np.dtype(
    [
        ("sizeof_hdr", "i4"), ("unused_1", "V35"), ("dim_info", "u1"), ("dim", "i2", 8), ("intent_p", "f4", 3),
        ("intent_code", "i2"), ("datatype", "i2"), ("bitpix", "i2"), ("slice_start", "i2"), ("pixdim", "f4", 8),
        ("vox_offset", "f4"), ("scl_slope", "f4"), ("scl_inter", "f4"), ("slice_end", "i2"), ("slice_code", "u1"),
        ("xyzt_units", "u1"), ("cal_max", "f4"), ("cal_min", "f4"), ("slice_duration", "f4"), ("toffset", "f4"),
        ("unused_2", "V8"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "i2"), ("sform_code", "i2"),
        ("quatern", "f4", 3), ("qoffset", "f4", 3), ("srow", "f4", (3, 4)), ("intent_name", "S16"), ("magic", "V4"),
    ]
)  # fmt: skip
"""nifti1.h; 348 bytes."""

HEADER_2 = np.dtype(
    [
        ("sizeof_hdr", "i4"), ("magic", "V8"), ("datatype", "i2"), ("bitpix", "i2"), ("dim", "i8", 8),
        ("intent_p", "f8", 3), ("pixdim", "f8", 8), ("vox_offset", "i8"), ("scl_slope", "f8"), ("scl_inter", "f8"),
        ("cal_max", "f8"), ("cal_min", "f8"), ("slice_duration", "f8"), ("toffset", "f8"), ("slice_start", "i8"),
        ("slice_end", "i8"), ("descrip", "S80"), ("aux_file", "S24"), ("qform_code", "i4"), ("sform_code", "i4"),
        ("quatern", "f8", 3), ("qoffset", "f8", 3), ("srow", "f8", (3, 4)), ("slice_code", "i4"),
        ("xyzt_units", "i4"), ("intent_code", "i4"), ("intent_name", "S16"), ("dim_info", "u1"), ("unused", "V15"),
    ]
)  # fmt: skip
"""nifti2.h; 540 bytes."""

TYPES = {
    2: "uint8", 4: "int16", 8: "int32", 16: "float32", 64: "float64", 256: "int8", 512: "uint16", 768: "uint32",
    1024: "int64", 1280: "uint64",
}  # fmt: skip
COLOURS = {128: 3, 2304: 4}
"""Voxels of RGB and RGBA bytes; the alpha is dropped."""
MM_PER_UNIT = {1: 1000.0, 2: 1.0, 3: 0.001}
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class _Header:
    raw: np.void
    geometry: Geometry
    channels: int
    dtype: np.dtype
    colours: int
    offset: int

    @property
    def count(self) -> int:
        return int(np.prod([self.channels, self.colours, *self.geometry.shape], dtype=object))


def _read(path: Path) -> Image:
    with open_file(path) as stream:
        packed = _is_packed(stream)
        header = _parse(_first_bytes(stream, packed, path), path)
        if packed:
            values = read_deflated(stream, header.count, header.dtype, path, skip=header.offset)
        else:
            stream.seek(header.offset)
            values = read_raw(stream, header.count, header.dtype, path)
    if header.colours > 1:
        array = np.moveaxis(values.reshape((*header.geometry.shape, header.colours)), -1, 0)[:3]
        array = np.ascontiguousarray(array)
    else:
        array = values.reshape((header.channels, *header.geometry.shape))
    slope, intercept = float(header.raw["scl_slope"]), float(header.raw["scl_inter"])
    if slope != 0 and np.isfinite(slope) and np.isfinite(intercept) and header.colours == 1:
        array = rescaled(array, slope, intercept)
    return Image(array, header.geometry)


def _read_geometry(path: Path) -> Geometry:
    with open_file(path) as stream:
        return _parse(_first_bytes(stream, _is_packed(stream), path), path).geometry


def _write(image: Image, path: Path, compress: bool) -> None:
    array = image.array
    if array.dtype.kind == "b" or array.dtype == np.float16:
        array = array.astype(np.uint8 if array.dtype.kind == "b" else np.float32)
    dtype = array.dtype.newbyteorder("=")
    header = _make_header(image.geometry, image.channels, dtype)
    values = np.ascontiguousarray(array, dtype)
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        head = header.tobytes() + b"\0\0\0\0"
        if path.name.lower().endswith(".gz"):
            pack = zlib.compressobj(COMPRESSION_LEVEL if compress else 0, wbits=31)
            stream.write(pack.compress(head))
            stream.write(pack.compress(byte_view(values)))
            stream.write(pack.flush())
        else:
            stream.write(head)
            stream.write(byte_view(values))


def _is_packed(stream: BinaryIO) -> bool:
    magic = stream.read(2)
    stream.seek(0)
    return magic == GZIP_MAGIC


def _first_bytes(stream: BinaryIO, packed: bool, path: Path) -> bytes:
    data = deflated_prefix(stream, HEADER_2.itemsize, path) if packed else stream.read(HEADER_2.itemsize)
    stream.seek(0)
    return data


def _parse(data: bytes, path: Path) -> _Header:
    raw = _raw_header(data, path)
    dim = [int(n) for n in raw["dim"]]
    if not 1 <= dim[0] <= 7 or min(dim[1 : dim[0] + 1]) < 1:
        raise damaged(path, "1 to 7 sizes of at least 1", f"dim {dim}")
    sizes = [*dim[1 : dim[0] + 1], 1, 1, 1, 1, 1, 1][:7]
    more = [n for n in sizes[3:] if n > 1]
    if len(more) > 1:
        raise MedOptError(
            "too many axes", where=path, expected="a volume, or one axis more for channels", found=f"sizes {sizes}"
        )
    code = int(raw["datatype"])
    if code not in TYPES and code not in COLOURS:
        raise MedOptError(
            "unknown voxel type", where=path, expected="integers, real numbers or RGB", found=f"NIfTI code {code}"
        )
    colours = COLOURS.get(code, 1)
    if colours > 1 and more:
        raise MedOptError("too many axes", where=path, expected="one volume of RGB voxels", found=f"sizes {sizes}")
    dtype = np.dtype(TYPES.get(code, "uint8"))
    dtype = dtype if raw["dim"].dtype.isnative else dtype.newbyteorder("S")
    offset = float(raw["vox_offset"])
    smallest = int(raw.dtype.itemsize)
    if not smallest <= offset < 2**40:
        raise damaged(path, f"voxels after byte {smallest} of the same file", f"vox_offset {offset:g}")
    geometry = _geometry(raw, sizes, path)
    return _Header(raw, geometry, more[0] if more else 1, dtype, colours, int(offset))


def _raw_header(data: bytes, path: Path) -> np.void:
    for layout, magics in ((HEADER_1, (b"n+1",)), (HEADER_2, (b"n+2",))):
        for little in (True, False):
            if int.from_bytes(data[:4], "little" if little else "big") != layout.itemsize:
                continue
            if len(data) < layout.itemsize:
                raise damaged(path, f"a header of {layout.itemsize} bytes", f"{len(data)}")
            raw = np.frombuffer(data, layout.newbyteorder("<" if little else ">"), 1)[0]
            magic = bytes(raw["magic"])[:3]
            if magic == b"ni1":
                raise MedOptError(
                    "a NIfTI header without voxels", where=path, expected="a single .nii file",
                    remedy="Convert the pair of .hdr and .img to .nii",
                )  # fmt: skip
            if magic not in magics:
                raise damaged(
                    path, "a NIfTI signature", "Analyze 7.5 or other data, which says nothing of left and right"
                )
            return raw
    raise damaged(path, "a NIfTI header", f"{len(data)} other bytes" if len(data) < 348 else "other data")


def _geometry(raw: np.void, sizes: list[int], path: Path) -> Geometry:
    pixdim = raw["pixdim"].astype(float)
    scale = MM_PER_UNIT.get(int(raw["xyzt_units"]) & 7, 1.0)
    zooms = np.abs(pixdim[1:4])
    zooms[(zooms == 0) & (np.array(sizes[:3]) == 1)] = 1.0
    sform = np.eye(4)
    sform[:3] = raw["srow"].astype(float)
    has_sform = int(raw["sform_code"]) > 0 and np.abs(np.linalg.det(sform[:3, :3])) > 0
    has_qform = int(raw["qform_code"]) > 0
    if has_qform:
        qform = _qform(raw, zooms, -1.0 if pixdim[0] < 0 else 1.0)
    if has_sform and (not has_qform or int(raw["sform_code"]) == 1 or _similar(sform, qform, sizes)):
        lps = LPS_TO_RAS @ sform
    elif has_qform:
        lps = LPS_TO_RAS @ qform
    else:
        lps = np.diag([*zooms, 1.0])
    lps[:3] *= scale
    return geometry_from_columns(sizes[2::-1], lps[:3, 2::-1], lps[:3, 3], path)


def _similar(first: NDArray, second: NDArray, sizes: list[int]) -> bool:
    """Both place the far corner of the volume within a hundredth of a voxel of each other."""
    corners = np.array([[a, b, c, 1] for a in (0, 1) for b in (0, 1) for c in (0, 1)], float)
    corners[:, :3] *= np.array(sizes[:3])
    apart = np.linalg.norm((corners @ (first - second).T)[:, :3], axis=1).max()
    return bool(apart < 0.01 * np.linalg.norm(first[:3, :3], axis=0).min())


def _qform(raw: np.void, zooms: NDArray, handed: float) -> NDArray:
    """RAS affine from the quaternion; method 2 of nifti1.h."""
    b, c, d = raw["quatern"].astype(float)
    square = 1.0 - (b * b + c * c + d * d)
    if square < 1e-7:  # a half turn: rounding to float32 may leave the vector a little too long
        length = np.sqrt(b * b + c * c + d * d)
        a, b, c, d = 0.0, b / length, c / length, d / length
    else:
        a = np.sqrt(square)
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    affine = np.eye(4)
    affine[:3, :3] = rotation * (zooms * [1.0, 1.0, handed])
    affine[:3, 3] = raw["qoffset"].astype(float)
    return affine


def _make_header(geometry: Geometry, channels: int, dtype: np.dtype) -> NDArray:
    header = np.zeros((), HEADER_1)
    k, j, i = geometry.shape
    if max(k, j, i, channels) > np.iinfo(np.int16).max:
        raise MedOptError("too large for NIfTI-1", expected="at most 32,767 voxels along an axis", found=f"{(k, j, i)}")
    affine = geometry.to_ijk_to_ras()
    spacing = geometry.spacing[::-1]
    rotation = affine[:3, :3] / np.asarray(spacing)
    handed = 1.0 if np.linalg.det(rotation) > 0 else -1.0
    header["sizeof_hdr"] = HEADER_1.itemsize
    header["dim"] = [4 if channels > 1 else 3, i, j, k, channels, 1, 1, 1]
    header["pixdim"] = [handed, *spacing, 1, 1, 1, 1]
    header["datatype"] = {name: code for code, name in TYPES.items()}[dtype.name]
    header["bitpix"] = 8 * dtype.itemsize
    header["vox_offset"] = HEADER_1.itemsize + 4
    header["scl_slope"] = 1
    header["xyzt_units"] = 2
    header["qform_code"] = header["sform_code"] = 1
    header["quatern"] = _quaternion(rotation * [1.0, 1.0, handed])
    header["qoffset"] = affine[:3, 3]
    header["srow"] = affine[:3]
    header["magic"] = np.void(b"n+1\0")
    return header


def _quaternion(rotation: NDArray) -> NDArray:
    """(b, c, d) of the unit quaternion with a >= 0: the leading eigenvector of Bar-Itzhack's symmetric matrix."""
    r = rotation
    symmetric = np.array(
        [
            [r[0, 0] - r[1, 1] - r[2, 2], r[1, 0] + r[0, 1], r[2, 0] + r[0, 2], r[2, 1] - r[1, 2]],
            [r[1, 0] + r[0, 1], r[1, 1] - r[0, 0] - r[2, 2], r[2, 1] + r[1, 2], r[0, 2] - r[2, 0]],
            [r[2, 0] + r[0, 2], r[2, 1] + r[1, 2], r[2, 2] - r[0, 0] - r[1, 1], r[1, 0] - r[0, 1]],
            [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
        ]
    )
    b, c, d, a = np.linalg.eigh(symmetric)[1][:, -1]
    return np.array([b, c, d]) * (1.0 if a >= 0 else -1.0)


NIFTI = Format("NIfTI", (".nii.gz", ".nii"), _read, _read_geometry, _write)
