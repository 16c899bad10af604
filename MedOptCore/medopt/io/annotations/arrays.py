"""Images and classes as numpy arrays, as MedMNIST publishes them (Yang et al. 2023)."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.io.annotations.class_folders import PARTS
from medopt.io.payload import damaged


@dataclass(frozen=True, eq=False)
class ArrayPart:
    """Images that lie in one array.

    Parameters
    ----------
    name : what stands before ``_images`` in the array's name, "" for nothing
    split : the part of the published split for which the name stands, "" for none
    images : (n, …), one image a row
    labels : (n,) numbers of classes from 0, or (n, classes) of 0 and 1; None without
    """

    name: str
    split: str
    images: NDArray
    labels: NDArray | None


def read_arrays(path: str | Path) -> tuple[ArrayPart, ...]:
    """The parts of an ``.npz`` file, or of a folder of ``.npy`` files: ``train_images`` and ``train_labels`` …

    Without a part in front, ``images`` and ``labels``. Objects that would run code are refused. Raises MedOptError for
    a damaged file, for arrays that do not fit, and when there are no images.
    """
    path = Path(path)
    arrays = _folder(path) if path.is_dir() else _file(path)
    parts = []
    for name in sorted(arrays, key=_order):
        if not name.endswith("images"):
            continue
        front = name[: -len("images")].rstrip("_-")
        images = arrays[name]
        labels = next((arrays[other] for other in (f"{name[: -len('images')]}{end}" for end in ("labels", "label"))
                       if other in arrays), None)  # fmt: skip
        if images.ndim < 3 or images.dtype.kind not in "biuf":
            raise damaged(path, f"'{name}' of images in rows", f"shape {images.shape} of {images.dtype}")
        if labels is not None:
            if labels.ndim == 2 and labels.shape[1] == 1:
                labels = labels[:, 0]
            if labels.ndim not in (1, 2) or len(labels) != len(images) or labels.dtype.kind not in "biu":
                raise damaged(path, f"{len(images)} labels of '{name}'", f"shape {labels.shape} of {labels.dtype}")
        parts.append(ArrayPart(front, PARTS.get(front.lower(), ""), images, labels))
    if not parts:
        raise MedOptError(
            "no images in the arrays",
            where=path,
            expected="arrays named images and labels, or train_images, train_labels, …",
            found=", ".join(arrays)[:200] or "none",
        )
    return tuple(parts)


def holds_arrays(path: Path) -> bool:
    """True for an ``.npz`` file and for a folder with a ``.npy`` file of images."""
    if path.is_dir():
        return any(file.stem.endswith("images") for file in path.glob("*.npy"))
    return path.suffix.lower() == ".npz"


def _file(path: Path) -> dict[str, NDArray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except OSError as error:
        raise MedOptError("the file cannot be read", where=path, found=error.strerror or str(error)) from error
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise damaged(path, "arrays of numbers", "other data") from None


def _folder(folder: Path) -> dict[str, NDArray]:
    arrays = {}
    for file in sorted(folder.glob("*.npy")):
        try:
            arrays[file.stem] = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise damaged(file, "an array of numbers", "other data") from None
    return arrays


def _order(name: str) -> tuple[int, str]:
    parts = ("train", "validation", "test")
    found = PARTS.get(name[: -len("images")].rstrip("_-").lower(), "")
    return (parts.index(found) if found else len(parts), name)
