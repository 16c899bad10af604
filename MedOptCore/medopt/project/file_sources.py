"""Image files as cases: which subject, which hash, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from medopt.errors import MedOptError
from medopt.image import Image
from medopt.io import read_image
from medopt.project.images import stack_channels
from medopt.project.intake import LabelSource, Loaded, ReadLabel, Source, hash_files
from medopt.project.layouts import CaseFiles
from medopt.project.names import safe_name
from medopt.project.project import Project
from medopt.project.records import Finding
from medopt.project.voxel_labels import VoxelLabels


def file_sources(
    project: Project,
    cases: Sequence[CaseFiles],
    subject_pattern: str | None,
    left_out: list[Finding],
    notes: list[Finding],
    *,
    labels: Labels | None = None,
    attributes: Mapping[str, str] | None = None,
) -> list[Source]:
    """Hash the files of each case and name its subject; what cannot be read or named goes to ``left_out``.

    ``labels`` gives the label of a case and more attributes of it; without it the label file of the case counts.
    ``attributes`` are those of every case, named groups of the pattern come on top.
    """
    pattern = compile_pattern(subject_pattern)
    labels = labels or LabelFiles(project)
    sources = []
    for case in cases:
        try:
            named = name_subject(case, pattern)
            label, more = labels.of(case)
            image_hash = hash_files(case.images)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            left_out.append(Finding(case.id, "error", "a file cannot be read", found=reason))
            continue
        except MedOptError as error:
            found, repair = error.found or "", error.remedy or ""
            left_out.append(Finding(case.id, "error", error.problem, error.expected or "", found, repair))
            continue
        part = {"split": case.part} if case.part else {}
        told = {**part, **more, **(attributes or {}), **named.attributes}
        read = _Reader(case.images, tuple(project.settings.channels), case.id)
        sources.append(Source(case.id, named.subject, image_hash, read, case.images, label, told))
    if sources and all(case.subject is None for case in cases) and not names_subjects(pattern):
        notes.append(each_its_own())
    return sources


def each_its_own() -> Finding:
    """The note that nothing told which cases come from one person."""
    return Finding(
        "",
        "note",
        "every case counts as a subject of its own",
        repair="If several cases come from one person, import with a subject pattern, so that a person never "
        "stands in training and test at once",
    )


class Labels(Protocol):
    """Where the labels of cases come from."""

    def of(self, case: CaseFiles) -> tuple[LabelSource | None, Mapping[str, str]]:
        """The label of a case, None without one, and attributes that come with it; OSError, MedOptError."""


class LabelFiles:
    """Label files beside the images, one a case: the labels of segmentation."""

    def __init__(self, project: Project) -> None:
        self._kind = project.labels.kind

    def of(self, case: CaseFiles) -> tuple[LabelSource | None, Mapping[str, str]]:
        """The label file of a case."""
        if case.label is None or not isinstance(self._kind, VoxelLabels):
            return None, {}
        kind, path = self._kind, case.label
        return LabelSource(hash_files((path,)), lambda geometry: ReadLabel(kind.read_foreign(path, geometry))), {}


@dataclass(frozen=True)
class Named:
    """The subject of a case, and the attributes that its name tells."""

    subject: str
    attributes: Mapping[str, str]


def name_subject(case: CaseFiles, pattern: re.Pattern[str] | None) -> Named:
    """The subject by the pattern, else by the layout; MedOptError when the pattern does not match.

    The group ``subject``, else the first group without a name, is the subject; other named groups are attributes.
    """
    default = case.subject or case.id
    if pattern is None:
        return Named(default, {})
    match = pattern.search(case.key)
    told = {} if match is None else {name: text for name, text in match.groupdict().items() if text}
    subject = told.pop("subject", None)
    if match is not None and subject is None and names_subjects(pattern):
        subject = next((text for number, text in enumerate(match.groups(), 1) if number not in _named(pattern)), None)
    if match is None or (names_subjects(pattern) and not subject):
        raise MedOptError(
            "the subject pattern does not match",
            expected=pattern.pattern,
            found=case.key,
            remedy="Correct the pattern, or the name of the file",
        )
    return Named(safe_name(subject) if subject else default, told)


def names_subjects(pattern: re.Pattern[str] | None) -> bool:
    """True for a pattern with a group ``subject`` or a group without a name."""
    return pattern is not None and ("subject" in pattern.groupindex or pattern.groups > len(pattern.groupindex))


def _named(pattern: re.Pattern[str]) -> set[int]:
    return set(pattern.groupindex.values())


def compile_pattern(pattern: str | None) -> re.Pattern[str] | None:
    """A subject pattern ready for use; MedOptError for a wrong one and one without a group."""
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise MedOptError("the subject pattern is no regular expression", where=pattern, found=str(error)) from error
    if compiled.groups < 1:
        raise MedOptError(
            "the subject pattern has no group",
            where=pattern,
            expected="parentheses around the part that names the subject, such as ^(sub-[0-9]+)_",
        )
    return compiled


@dataclass(frozen=True)
class _Reader:
    """Reads the image of a case from its files, one a channel or one for all."""

    files: tuple[Path, ...]
    channels: tuple[str, ...]
    case_id: str

    def __call__(self) -> Loaded:
        parts = [read_image(path) for path in self.files]
        if len(parts) > 1 or len(self.channels) == 1:
            parts = [_grey(part) for part in parts]
        image = stack_channels(parts, f"case {self.case_id}")
        return Loaded(image)


def _grey(image: Image) -> Image:
    """The one channel of a grey picture that is stored as red, green and blue."""
    if image.channels == 3 and (image.array == image.array[:1]).all():
        return Image(image.array[:1], image.geometry)
    return image
