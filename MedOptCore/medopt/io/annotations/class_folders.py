"""Classes of images told by the names of their folders: ``train/pneumonia/x.png``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

PARTS = {
    "train": "train", "training": "train", "tr": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test", "ts": "test",
}  # fmt: skip
"""Names of folders, and in attributes, that stand for a part of a split."""


@dataclass(frozen=True)
class FolderClasses:
    """What the folders of an image tell: the names that are classes, and the part of a split, "" for none."""

    classes: tuple[str, ...]
    part: str


def read_class_folders(folders: str, classes: Iterable[str]) -> FolderClasses:
    """What a path such as ``train/pneumonia`` tells, any case of letters; the class is the last folder that is one."""
    known = {name.strip().lower(): name for name in classes}
    parts = [part.strip().lower() for part in folders.split("/") if part.strip()]
    named = [known[part] for part in parts if part in known]
    split = [PARTS[part] for part in parts if part in PARTS and part not in known]
    return FolderClasses(tuple(named[-1:]), split[0] if split else "")
