"""Image files as cases: which subject, which hash, and how to read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medopt.errors import MedOptError
from medopt.image import Image
from medopt.io import read_image
from medopt.project.images import stack_channels
from medopt.project.intake import Loaded, Source, hash_files
from medopt.project.layouts import CaseFiles
from medopt.project.names import safe_name
from medopt.project.project import Project
from medopt.project.records import Finding


def file_sources(
    project: Project,
    cases: Sequence[CaseFiles],
    subject_pattern: str | None,
    left_out: list[Finding],
    notes: list[Finding],
) -> list[Source]:
    """Hash the files of each case and name its subject; what cannot be read or named goes to ``left_out``."""
    pattern = compile_pattern(subject_pattern)
    sources = []
    for case in cases:
        subject = case.subject or case.id
        if pattern is not None:
            match = pattern.search(case.key)
            if match is None or not match[1]:
                repair = "Correct the pattern, or the name of the file"
                finding = Finding(
                    case.id, "error", "the subject pattern does not match", pattern.pattern, case.key, repair
                )
                left_out.append(finding)
                continue
            subject = safe_name(match[1])
        try:
            image_hash = hash_files(case.images)
            label_hash = None if case.label is None else hash_files((case.label,))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            left_out.append(Finding(case.id, "error", "a file cannot be read", found=reason))
            continue
        read = _Reader(case.images, tuple(project.settings.channels), case.id)
        sources.append(Source(case.id, subject, image_hash, read, case.images, case.label, label_hash))
    if sources and pattern is None and all(case.subject is None for case in cases):
        notes.append(
            Finding(
                "",
                "note",
                "every case counts as a subject of its own",
                repair="If several cases come from one person, import with a subject pattern, so that a person never "
                "stands in training and test at once",
            )
        )
    return sources


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
