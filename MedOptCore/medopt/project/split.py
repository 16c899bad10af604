"""A division of the cases into training, validation and test, by subject, that cannot overlap."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from medopt.errors import MedOptError

PARTS = ("train", "validation", "test")
"""The parts of a split, in the order in which they are used."""


@dataclass(frozen=True)
class Split:
    """Case ids of the three parts, each sorted.

    ``subjects`` gives the subjects of each part, ``seed`` made the draw, ``hash`` is the SHA-256 over parts and
    subjects. ``unassigned`` are labelled cases that came after the split was made; they are in no part and not
    in the hash.

    Raises MedOptError when a subject or a case stands in two parts, or the hash is not that of the parts.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    subjects: Mapping[str, tuple[str, ...]]
    seed: int
    hash: str = ""
    unassigned: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if set(self.subjects) != set(PARTS):
            raise MedOptError("not a split", expected=f"subjects of {', '.join(PARTS)}", found=", ".join(self.subjects))
        _no_overlap("subject", self.subjects)
        _no_overlap("case", {part: self.part(part) for part in PARTS})
        own = self._own_hash()
        if self.hash and self.hash != own:
            raise MedOptError(
                "the split was changed by hand",
                where="splits/split.json",
                expected=f"hash {self.hash[:12]}…",
                found=f"{own[:12]}…",
                remedy="Put the file back, or make a new split with replace",
            )
        object.__setattr__(self, "hash", own)

    @classmethod
    def of(cls, subject_of: Mapping[str, str], part_of: Mapping[str, str], seed: int) -> Split:
        """From the subject of each case and the part of each subject; cases of other subjects are left out."""
        cases: dict[str, list[str]] = {part: [] for part in PARTS}
        subjects: dict[str, set[str]] = {part: set() for part in PARTS}
        for case_id, subject in sorted(subject_of.items()):
            if subject in part_of:
                cases[part_of[subject]].append(case_id)
                subjects[part_of[subject]].add(subject)
        named = {part: tuple(sorted(subjects[part])) for part in PARTS}
        return cls(tuple(cases["train"]), tuple(cases["validation"]), tuple(cases["test"]), named, seed)

    def part(self, name: str) -> tuple[str, ...]:
        """Case ids of "train", "validation" or "test"."""
        if name not in PARTS:
            raise MedOptError("unknown part of a split", expected=", ".join(PARTS), found=name)
        ids: tuple[str, ...] = getattr(self, name)
        return ids

    def to_json(self) -> dict[str, Any]:
        """Plain lists, without the unassigned cases."""
        return {
            "format": 1,
            "hash": self.hash,
            "seed": self.seed,
            "subjects": {part: list(self.subjects[part]) for part in PARTS},
            "cases": {part: list(self.part(part)) for part in PARTS},
        }

    @classmethod
    def from_json(cls, value: Any, unassigned: tuple[str, ...] = ()) -> Split:
        """Read back what `to_json` gave; MedOptError for other content, an overlap and a wrong hash."""
        try:
            cases = {part: tuple(str(c) for c in value["cases"][part]) for part in PARTS}
            subjects = {part: tuple(str(s) for s in value["subjects"][part]) for part in PARTS}
            seed, stored = int(value["seed"]), str(value["hash"])
        except (KeyError, TypeError, ValueError) as error:
            raise MedOptError("the split is damaged", where="splits/split.json", found=f"no {error}") from error
        return cls(cases["train"], cases["validation"], cases["test"], subjects, seed, stored or "none", unassigned)

    def _own_hash(self) -> str:
        content = {part: [sorted(self.part(part)), sorted(self.subjects[part])] for part in PARTS}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def allocate(strata: Mapping[str, Hashable], *, test: float, validation: float, seed: int) -> dict[str, str]:
    """Part of each subject, drawn within strata with the largest remainder method.

    Parameters
    ----------
    strata : stratum of each subject; within one, the draw is uniform
    test, validation : shares of the subjects, above 0, together below 1

    The number of subjects in a part is the rounded share of all subjects, at least 1 in each part. Every stratum
    gives the whole part of its share; the seats that are left go to the strata with the largest remainders. The
    draw depends on the seed and the names alone, not on their order or on a library.

    Raises MedOptError for other shares and for fewer than 3 subjects.
    """
    seats = seats_of_parts(len(strata), test=test, validation=validation)
    tests, validations = seats["test"], seats["validation"]
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for subject in sorted(strata, key=lambda name: _drawn(seed, name)):
        groups[strata[subject]].append(subject)
    ordered = [groups[stratum] for stratum in sorted(groups, key=lambda stratum: _drawn(seed, repr(stratum)))]
    sizes = [len(group) for group in ordered]
    test_seats = _largest_remainder(sizes, tests, sizes)
    rest = [size - taken for size, taken in zip(sizes, test_seats, strict=True)]
    validation_seats = _largest_remainder(sizes, validations, rest)
    result = {}
    for group, first, second in zip(ordered, test_seats, validation_seats, strict=True):
        for number, subject in enumerate(group):
            result[subject] = "test" if number < first else "validation" if number < first + second else "train"
    return result


def seats_of_parts(count: int, *, test: float, validation: float) -> dict[str, int]:
    """How many of ``count`` subjects each part gets: the rounded share, at least 1; MedOptError as ``allocate``."""
    if not (0 < test < 1 and 0 < validation < 1 and test + validation < 1):
        raise MedOptError(
            "wrong shares for a split",
            expected="test and validation above 0, together below 1",
            found=f"test {test:g}, validation {validation:g}",
        )
    if count < len(PARTS):
        raise MedOptError(
            "too few subjects for a split",
            expected="at least 3 subjects with a label, one for each part",
            found=str(count),
            remedy="Import or label more subjects",
        )
    tests = min(max(1, round(count * test)), count - 2)
    validations = min(max(1, round(count * validation)), count - tests - 1)
    return {"train": count - tests - validations, "validation": validations, "test": tests}


def _drawn(seed: int, name: str) -> bytes:
    """What orders names at random: a hash, the same in every version of every library."""
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


def _largest_remainder(sizes: list[int], seats: int, room: list[int]) -> list[int]:
    """``seats`` shared out in proportion to ``sizes``, none above its ``room``; ties go to the first."""
    total = sum(sizes)
    quotas = [seats * size / total for size in sizes]
    given = [min(int(quota), free) for quota, free in zip(quotas, room, strict=True)]
    order = sorted(range(len(sizes)), key=lambda n: (given[n] - quotas[n], n))
    while sum(given) < seats:
        for n in order:
            if sum(given) < seats and given[n] < room[n]:
                given[n] += 1
    return given


def _no_overlap(what: str, parts: Mapping[str, tuple[str, ...]]) -> None:
    count = Counter(name for names in parts.values() for name in names)
    for name, times in sorted(count.items()):
        if times > 1:
            where = [part for part in PARTS if name in parts[part]]
            raise MedOptError(
                f"{what} {name} stands in two parts" if len(where) > 1 else f"{what} {name} stands in {where[0]} twice",
                where="split",
                expected="each in one part",
                found=" and ".join(where),
                remedy="Make the split anew; a subject in training and test at once makes the test worthless",
            )
