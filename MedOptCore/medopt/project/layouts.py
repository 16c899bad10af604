"""Which files of a folder make up which case: the layouts in which people keep scans.

=================== =================================================================================================
one file a case     ``images/CASE.nii.gz``; labels in another folder under the same name, or beside the image as
                    ``CASE_seg.nii.gz``, ``CASE.seg.nrrd``, ``CASE-label.nrrd``
nnU-Net             ``imagesTr/CASE_0000.nii.gz``, ``CASE_0001.nii.gz`` …; ``labelsTr/CASE.nii.gz``
Medical Decathlon   a folder with ``imagesTr`` and ``labelsTr``
a folder a subject  ``SUBJECT/t1.nii.gz``, ``SUBJECT/flair.nii.gz``, ``SUBJECT/seg.nii.gz``, or with the subject's name
                    in front (``SUBJECT_t1.nii.gz``); several scans in a folder are several cases of one subject
=================== =================================================================================================
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medopt.errors import MedOptError
from medopt.io.annotations import PARTS
from medopt.io.formats import suffixes
from medopt.project.names import safe_name
from medopt.project.records import Finding
from medopt.project.voxel_labels import VoxelLabels

_LABEL_END = re.compile(r"(?:^|[_.-])(?:seg|segmentation|label|labels|mask)$", re.IGNORECASE)
NO_SUBJECTS = ("image", "images", "img", "imgs", "jpegimages", "scans", "data")
"""Folders with such names hold the images of many subjects."""

_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_DICOM = (".dcm", ".ima", ".dicom")
_NUMBERED = re.compile(r"^(.+)_(\d{4})$")


@dataclass(frozen=True)
class CaseFiles:
    """The files of one case.

    ``images`` is one file a channel, or one file with all channels. ``key`` is the text to which a subject
    pattern is applied: the path below the images folder without channel and ending. ``subject`` is None where
    the layout does not tell; ``part`` is the part of a split for which a folder is named, "" for none.
    """

    id: str
    key: str
    images: tuple[Path, ...]
    label: Path | None = None
    subject: str | None = None
    part: str = ""


@dataclass(frozen=True)
class Layout:
    """Cases in the order of their ids, and what makes up none; ``has_volumes`` when not all files are pictures."""

    cases: tuple[CaseFiles, ...]
    left_out: tuple[Finding, ...]
    has_volumes: bool


@dataclass(frozen=True, order=True)
class _Key:
    """The folder below the root ("" for the root itself, else with ``/``) and the name without channel and ending."""

    folder: str
    base: str

    @property
    def text(self) -> str:
        return "/".join(part for part in (self.folder, self.base) if part)

    @property
    def last_folder(self) -> str:
        return self.folder.rsplit("/", 1)[-1]


def find_cases(
    images: Path, labels: Path | None, channels: list[str], *, beside: bool = True, classes: Sequence[str] = ()
) -> Layout:
    """Sort the image files below a folder into cases; nothing is opened.

    ``beside`` looks for label files among the images when no labels folder is given. Folders named like one of
    ``classes``, like a part of a split or just "images" are no subjects.

    An empty layout when there is no image file. Raises MedOptError when a folder is missing or cannot be listed.
    """
    if labels is None and beside and (images / "imagesTr").is_dir():
        labels = images / "labelsTr" if (images / "labelsTr").is_dir() else None
        images = images / "imagesTr"
    image_files = _files(images)
    if labels is None and not beside:
        label_files = {}
    elif labels is None:
        stems = {(key.folder, key.base) for key in image_files.values()}
        label_files = {path: key for path, key in image_files.items() if _is_label_beside(key, stems)}
        image_files = {path: key for path, key in image_files.items() if path not in label_files}
    else:
        label_files = _files(labels)
    not_subjects = {*NO_SUBJECTS, *PARTS, *(name.strip().lower() for name in classes)}
    has_volumes = any(not path.name.lower().endswith(_PICTURES) for path in image_files)
    groups = _group(image_files, label_files, channels)
    cases, left_out = _assemble(groups, _label_index(label_files), channels, not_subjects)
    return Layout(tuple(cases), tuple(left_out), has_volumes)


def _files(root: Path) -> dict[Path, _Key]:
    """Image files below ``root`` by their ending, hidden ones left out, in the order of their names."""
    if not root.is_dir():
        raise MedOptError("no such folder", where=root, remedy="Check the path")
    known = [
        suffix for suffix in suffixes() if suffix not in (*_DICOM, VoxelLabels.suffix)
    ]  # CASE.seg.nrrd is CASE.seg, a label
    result = {}
    try:
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            ending = next((s for s in known if path.name.lower().endswith(s)), None)
            if ending and not any(part.startswith(".") for part in relative.parts) and path.is_file():
                folder = relative.parent.as_posix()
                result[path] = _Key("" if folder == "." else folder, path.name[: -len(ending)])
    except OSError as error:
        raise MedOptError("the folder cannot be listed", where=root, found=error.strerror or str(error)) from error
    return result


def _is_label_beside(key: _Key, stems: set[tuple[str, str]]) -> bool:
    """True for a name that ends like a label's, with its image beside it or in a folder of its own."""
    if not _LABEL_END.search(key.base):
        return False
    base = _LABEL_END.sub("", key.base)
    return bool(key.folder) or (key.folder, base) in stems or (key.folder, f"{base}_0000") in stems


def _group(
    images: dict[Path, _Key], labels: dict[Path, _Key], channels: list[str]
) -> dict[_Key, list[tuple[int | None, Path]]]:
    """Files of one case under one key, each with its channel where the name tells it."""
    numbered = _has_channel_numbers(images, labels, len(channels))
    by_key: dict[_Key, list[tuple[int | None, Path]]] = defaultdict(list)
    for path, key in images.items():
        channel: int | None = None
        match = _NUMBERED.match(key.base) if numbered else None
        if match:
            key, channel = _Key(key.folder, match[1]), int(match[2])
        elif len(channels) > 1 or key.folder:
            for number, name in enumerate(channels):
                if re.search(rf"(?:^|[_.-]){re.escape(name)}$", key.base, re.IGNORECASE):
                    key = _Key(key.folder, re.sub(r"[_.-]$", "", key.base[: -len(name)]))
                    channel = number
                    break
        if key.folder and key.base == key.last_folder:
            key = _Key(key.folder, "")
        by_key[key].append((channel, path))
    return by_key


def _has_channel_numbers(images: dict[Path, _Key], labels: dict[Path, _Key], count: int) -> bool:
    """True when ``_0000`` at the end of names numbers channels, not cases."""
    matches = [m for key in images.values() if (m := _NUMBERED.match(key.base))]
    if not matches:
        return False
    names = {key.base for key in labels.values()}
    if any(m[0] in names for m in matches):
        return False
    return any(m[1] in names for m in matches) or all(int(m[2]) < count for m in matches)


def _label_index(labels: dict[Path, _Key]) -> dict[_Key, list[Path]]:
    """Label files by their name and, for names such as ``CASE_seg``, also by ``CASE``."""
    index: dict[_Key, list[Path]] = defaultdict(list)
    for path, key in labels.items():
        index[key].append(path)
        short = _Key(key.folder, _LABEL_END.sub("", key.base))
        if short != key:
            index[short].append(path)
    return index


def _assemble(
    groups: dict[_Key, list[tuple[int | None, Path]]],
    labels: dict[_Key, list[Path]],
    channels: list[str],
    not_subjects: set[str],
) -> tuple[list[CaseFiles], list[Finding]]:
    in_folder = Counter(key.folder for key in groups)
    cases: list[CaseFiles] = []
    left_out: list[Finding] = []
    used: set[Path] = set()
    for key, members in sorted(groups.items()):
        alone = bool(key.folder) and in_folder[key.folder] == 1 and key.last_folder.lower() not in not_subjects
        case_id = safe_name((key.folder if alone else key.text).replace("/", "_"))
        candidates = [key, _Key("", key.base)]
        if alone or not key.base:
            candidates += [_Key(key.folder, ""), _Key(key.folder, key.last_folder), _Key("", key.last_folder)]
        found = next((labels[c] for c in candidates if c.text and c in labels), [])
        used.update(found)
        files = _in_order(members, len(channels))
        if files is None:
            left_out.append(_wrong_channels(case_id, members, channels))
        elif len(found) > 1:
            names = ", ".join(path.name for path in found)
            left_out.append(
                Finding(case_id, "error", "several labels", "one label", names, "Keep one of the label files")
            )
        else:
            folders = [name for name in key.folder.split("/") if name]
            subject = next((safe_name(name) for name in folders if name.lower() not in not_subjects), None)
            part = next((PARTS[name.lower()] for name in folders if name.lower() in PARTS), "")
            cases.append(CaseFiles(case_id, key.text, files, found[0] if found else None, subject, part))
    for path in sorted({path for paths in labels.values() for path in paths} - used):
        case_id = safe_name(_LABEL_END.sub("", path.name.split(".")[0]) or path.parent.name)
        repair = "Add the image, or give both the same name"
        left_out.append(Finding(case_id, "error", "a label without an image", "an image of this name", "none", repair))
    kept, doubles = _without_doubles(cases)
    return kept, left_out + doubles


def _in_order(members: list[tuple[int | None, Path]], count: int) -> tuple[Path, ...] | None:
    """The files in the order of the channels; None when they are not exactly one a channel (or one for all)."""
    if len(members) == 1 and members[0][0] in (None, 0):
        return (members[0][1],) if count == 1 or members[0][0] is None else None
    by_channel = dict(members)
    if len(members) != count or set(by_channel) != set(range(count)):
        return None
    return tuple(by_channel[n] for n in range(count))


def _wrong_channels(case_id: str, members: list[tuple[int | None, Path]], channels: list[str]) -> Finding:
    names = ", ".join(path.name for _, path in members)
    if len(members) > 1 and len({channel for channel, _ in members}) == 1:
        repair = "Keep one of them, or give each a name of its own"
        return Finding(case_id, "error", "duplicate case id", "one image of this name", names, repair)
    repair = "Give the case all channels of the project, and no others"
    return Finding(case_id, "error", "wrong channels", ", ".join(channels), names, repair)


def _without_doubles(cases: list[CaseFiles]) -> tuple[list[CaseFiles], list[Finding]]:
    """Cases whose id, in any case of letters, is theirs alone; a finding for every id that is not."""
    count = Counter(case.id.lower() for case in cases)
    kept = [case for case in cases if count[case.id.lower()] == 1]
    found: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        if count[case.id.lower()] > 1:
            found[case.id.lower()].append(case.key)
    repair = "Give each image a name that differs in its letters and digits"
    doubles = [
        Finding(key, "error", "duplicate case id", "one image of this name", ", ".join(names), repair)
        for key, names in sorted(found.items())
    ]
    return kept, doubles
