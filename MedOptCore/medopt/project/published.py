"""A split that others published, taken over from an attribute of the cases."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from medopt.errors import MedOptError
from medopt.io.annotations import PARTS as NAMES
from medopt.project.split import PARTS


@dataclass(frozen=True)
class Published:
    """What an attribute says: the part of each case, and copies of images that were left out.

    ``copies`` names for each case that was left out the case of another part with the same voxels.
    """

    part_of: Mapping[str, str]
    copies: Mapping[str, str]


def published_parts(
    attribute: str, told: Mapping[str, str], subject_of: Mapping[str, str], content_of: Mapping[str, str]
) -> Published:
    """The parts as they were published, without copies of an image in two of them.

    Parameters
    ----------
    attribute : its name, for messages
    told : its value for each case; "train", "training", "val", "validation", "test", … in any case of letters; cases
        without a value are in no part
    subject_of : the subject of each case
    content_of : what is equal for images with equal voxels

    Of copies in several parts the one in the most sealed part stays: test before validation before training.

    Raises MedOptError when no case has the attribute, for other values, when there is no training part, and when a
    subject stands in two parts.
    """
    named = {case: told[case].strip() for case in sorted(subject_of) if told.get(case, "").strip()}
    if not named:
        raise MedOptError(
            "no case has the attribute", where=attribute, expected="train, validation or test for each case"
        )
    unknown = Counter(value for value in named.values() if value.lower() not in NAMES)
    if unknown:
        raise MedOptError(
            "the attribute names no parts of a split",
            where=attribute,
            expected="train, validation or test",
            found=", ".join(f"'{value}' ({count} cases)" for value, count in unknown.most_common(5)),
        )
    part_of = {case: NAMES[value.lower()] for case, value in named.items()}
    if "train" not in part_of.values():
        raise MedOptError("the attribute names no training cases", where=attribute, found=", ".join(sorted(unknown)))
    _refuse_overlap(attribute, part_of, subject_of)
    kept: dict[str, str] = {}
    copies = {}
    for part in reversed(PARTS):
        for case in (case for case, own in part_of.items() if own == part):
            first = kept.setdefault(content_of[case], case)
            if part_of[first] != part:
                copies[case] = first
    return Published({case: part for case, part in part_of.items() if case not in copies}, copies)


def _refuse_overlap(attribute: str, part_of: Mapping[str, str], subject_of: Mapping[str, str]) -> None:
    parts: dict[str, set[str]] = defaultdict(set)
    for case, part in part_of.items():
        parts[subject_of[case]].add(part)
    both = sorted(subject for subject, found in parts.items() if len(found) > 1)
    if both:
        more = f" and {len(both) - 5} more" if len(both) > 5 else ""
        raise MedOptError(
            "subjects stand in two parts of the published split",
            where=attribute,
            expected="each subject in one part",
            found=", ".join(both[:5]) + more,
            remedy="Draw a split by subject instead: without the attribute",
        )
