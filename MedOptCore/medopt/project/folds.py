"""Folds for cross-validation: subjects divided once, kept with a checksum, the sealed test part left out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, Text, insert, select

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.project.catalogue import utc_now
from medopt.project.project import Project
from medopt.project.split import PARTS, Split
from medopt.project.splitting import _labelled, _stored, _strata, load_split, split_path

FORMAT = 1
FOLDS = Table(
    "folds",
    MetaData(),
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("hash", String(64), nullable=False, index=True),
    Column("time", String(40), nullable=False),
    Column("arguments", Text, nullable=False),  # JSON
    Column("content", Text, nullable=False),  # JSON of the division
)
"""Made when the first folds are, so that catalogues from before have no need of it."""


@dataclass(frozen=True)
class Fold:
    """One fold: ``split.test`` is its held-out part, ``split.validation`` chooses its checkpoint.

    ``repeat`` and ``number`` count from 1.
    """

    repeat: int
    number: int
    split: Split

    @property
    def held_out(self) -> tuple[str, ...]:
        """Cases that this fold's model must never see before it predicts them."""
        return self.split.test


@dataclass(frozen=True)
class Folds:
    """A division for cross-validation.

    Parameters
    ----------
    k, repeats, seed : of the division
    everything : whether the subjects of the project's test part take part
    sealed : hash of the project's split whose test part was left out; "" when none was
    folds : all folds, one repeat after another
    hash : SHA-256 over the folds and ``sealed``
    unassigned : labelled cases of other subjects that came later; in no fold and not in the hash

    Raises MedOptError when a subject is not held out exactly once in each repeat, or the hash is another one.
    """

    k: int
    repeats: int
    seed: int
    everything: bool
    sealed: str
    folds: tuple[Fold, ...]
    hash: str = ""
    unassigned: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        subjects = {name for fold in self.folds for part in PARTS for name in fold.split.subjects[part]}
        for repeat in range(1, self.repeats + 1):
            held = Counter(name for fold in self.of_repeat(repeat) for name in fold.split.subjects["test"])
            if set(held) != subjects or any(times != 1 for times in held.values()):
                wrong = sorted(subjects - set(held)) or [name for name, times in held.items() if times != 1]
                raise MedOptError(
                    "the folds are damaged",
                    where="splits",
                    expected="each subject held out once",
                    found=f"subject {wrong[0]} held out {held[wrong[0]]} times",
                )
        if any({*fold.split.train, *fold.split.validation, *fold.split.test} != self.cases for fold in self.folds):
            raise MedOptError("the folds are damaged", where="splits", expected="the same cases in each fold")
        own = self._own_hash()
        if self.hash and self.hash != own:
            raise MedOptError(
                "the folds were changed by hand",
                where="splits",
                expected=f"hash {self.hash[:12]}…",
                found=f"{own[:12]}…",
                remedy="Put the file back, or delete it and repeat the command",
            )
        object.__setattr__(self, "hash", own)

    def of_repeat(self, repeat: int) -> tuple[Fold, ...]:
        """The folds of a repeat, counted from 1."""
        return tuple(fold for fold in self.folds if fold.repeat == repeat)

    @property
    def cases(self) -> set[str]:
        """All cases that take part."""
        first = self.folds[0].split
        return {*first.train, *first.validation, *first.test}

    @property
    def subjects(self) -> int:
        """How many subjects take part."""
        return sum(len(names) for names in self.folds[0].split.subjects.values())

    def to_json(self) -> dict[str, Any]:
        """Plain data, without the unassigned cases."""
        return {
            "format": FORMAT,
            "hash": self.hash,
            "k": self.k,
            "repeats": self.repeats,
            "seed": self.seed,
            "everything": self.everything,
            "sealed": self.sealed,
            "folds": [{"repeat": f.repeat, "fold": f.number, "split": f.split.to_json()} for f in self.folds],
        }

    @classmethod
    def from_json(cls, value: Any, unassigned: tuple[str, ...] = ()) -> Folds:
        """Read back what ``to_json`` gave; MedOptError for other content, an overlap and a wrong hash."""
        try:
            folds = tuple(Fold(int(f["repeat"]), int(f["fold"]), Split.from_json(f["split"])) for f in value["folds"])
            numbers = [int(value[name]) for name in ("k", "repeats", "seed")]
            return cls(
                numbers[0],
                numbers[1],
                numbers[2],
                bool(value["everything"]),
                str(value["sealed"]),
                folds,
                str(value["hash"]) or "none",
                unassigned,
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise MedOptError("the folds are damaged", where="splits", found=f"no {error}") from error

    def _own_hash(self) -> str:
        content = [self.sealed, [[f.repeat, f.number, f.split.hash] for f in self.folds]]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def make_folds(
    project: Project,
    k: int = 5,
    repeats: int = 1,
    seed: int = 1,
    *,
    validation: float = 0.1,
    stratify: bool = True,
    everything: bool = False,
) -> Folds:
    """Divide the labelled, unflagged subjects into ``k`` folds, ``repeats`` times; the same arguments give the same.

    The subjects of the test part stay sealed and take no part, unless ``everything``; a project without a split has
    none to seal. Within each fold a share ``validation`` of the other subjects chooses the checkpoint. With
    ``stratify`` subjects are dealt in the order of the classes present (the rarest first) and of the attribute "site";
    so folds differ by at most one subject in size, and by at most one in how often they hold the rarest class.

    The division is kept in ``splits/folds-….json`` and, sealed, in the catalogue. Raises MedOptError for k below 2 or
    above the number of subjects, for too few subjects to leave two beside the held-out ones, and when the kept division
    does not fit the cases any more.
    """
    if repeats < 1 or not 0 < validation < 1:
        raise MedOptError(
            "wrong folds",
            expected="1 repeat or more, validation above 0 and below 1",
            found=f"{repeats} repeats, validation {validation:g}",
        )
    sealed = None if everything or not _has_split(project) else load_split(project)
    arguments = json.dumps(
        {
            "k": k,
            "repeats": repeats,
            "seed": seed,
            "validation": validation,
            "stratify": stratify,
            "everything": everything,
            "sealed": "" if sealed is None else sealed.hash,
        },
        sort_keys=True,
    )
    with project.catalogue.write() as connection:
        FOLDS.create(connection, checkfirst=True)
        subject_of = _taking_part(connection, sealed)
        query = select(FOLDS).where(FOLDS.c.arguments == arguments).order_by(FOLDS.c.number.desc()).limit(1)
        stored = connection.execute(query).first()
        if stored is not None:
            folds = _loaded(stored, subject_of)
        else:
            strata = _strata(connection, subject_of) if stratify else dict.fromkeys(subject_of.values(), ((), ()))
            folds = _divided(subject_of, strata, k, repeats, seed, validation, everything, sealed)
            row = {"hash": folds.hash, "time": utc_now(), "arguments": arguments}
            connection.execute(insert(FOLDS).values(**row, content=json.dumps(folds.to_json())))
    write_json(folds_path(project, folds), folds.to_json())
    return folds


def count_subjects(project: Project, *, everything: bool = False) -> int:
    """How many subjects would be divided; see ``make_folds``."""
    sealed = None if everything or not _has_split(project) else load_split(project)
    with project.catalogue.read() as connection:
        return len(set(_taking_part(connection, sealed).values()))


def load_folds(project: Project, digest: str) -> Folds:
    """The division with this hash.

    Raises MedOptError when the catalogue has none, when file and catalogue differ, when a case or subject is not what
    it was, and when the project's split is another one now: its test part might have been trained on.
    """
    with project.catalogue.write() as connection:
        FOLDS.create(connection, checkfirst=True)
        stored = connection.execute(select(FOLDS).where(FOLDS.c.hash == digest).limit(1)).first()
        if stored is None:
            raise MedOptError("the project has no such folds", where=project.folder, found=digest[:12])
        sealed = json.loads(stored.arguments).get("sealed", "")
        subject_of = _labelled(connection)
    split = load_split(project) if sealed else None
    if split is not None and split.hash != sealed:
        raise MedOptError(
            "the project's split changed since the folds were made",
            where=project.folder,
            expected=f"split {sealed[:12]}",
            found=split.hash[:12],
            remedy="Start a new cross-validation; subjects of the present test part may be in these folds",
        )
    tests = set() if split is None else set(split.subjects["test"])
    folds = _loaded(stored, {case: subject for case, subject in subject_of.items() if subject not in tests})
    path = folds_path(project, folds)
    if path.is_file() and Folds.from_json(read_json(path)).hash != folds.hash:
        raise MedOptError("the folds in the file are not those of the catalogue", where=path, remedy="Delete the file")
    return folds


def folds_path(project: Project, folds: Folds) -> Path:
    """``splits/folds-K(xREPEATS)-HASH.json``: for people and other programs to read."""
    times = f"x{folds.repeats}" if folds.repeats > 1 else ""
    return split_path(project).parent / f"folds-{folds.k}{times}-{folds.hash[:8]}.json"


def deal(strata: Mapping[str, tuple[Sequence[Hashable], Sequence[Hashable]]], seed: str) -> list[str]:
    """Subjects in an order from which every k-th makes a fold: like ones stand together, drawn at random among them.

    ``strata`` gives (classes present, sites) of each subject. The order depends on the seed and the names alone.
    Whoever has the rarest class comes first, within them the next rarest, and so on.
    """
    counts = Counter(one for classes, _ in strata.values() for one in classes)
    rarest = sorted(counts, key=lambda one: (counts[one], repr(one)))

    def place(subject: str) -> tuple[tuple[bool, ...], str, bytes]:
        classes, sites = strata[subject]
        drawn = hashlib.sha256(f"{seed}:{subject}".encode()).digest()
        return tuple(one not in classes for one in rarest), repr(tuple(sites)), drawn

    return sorted(strata, key=place)


def _divided(
    subject_of: dict[str, str],
    strata: Mapping[str, Any],
    k: int,
    repeats: int,
    seed: int,
    validation: float,
    everything: bool,
    sealed: Split | None,
) -> Folds:
    count = len(strata)
    if not 2 <= k <= count or count - -(-count // k) < 2:
        raise MedOptError(
            f"{count} subjects cannot be divided into {k} folds",
            expected="k from 2 to the number of subjects, and two subjects beside those held out",
            found=f"{count} labelled subjects" + ("" if sealed is None else " outside the test part"),
            remedy="Choose another k, or label more subjects",
        )
    folds = []
    for repeat in range(1, repeats + 1):
        order = deal(strata, f"{seed}:{repeat}")
        for number in range(k):
            parts = dict.fromkeys(order[number::k], "test")
            rest = deal({name: strata[name] for name in order if name not in parts}, f"{seed}:{repeat}:{number}")
            chosen = min(max(1, round(len(rest) * validation)), len(rest) - 1)
            inner = {rest[int((n + 0.5) * len(rest) / chosen)] for n in range(chosen)}
            parts.update({name: "validation" if name in inner else "train" for name in rest})
            folds.append(Fold(repeat, number + 1, Split.of(subject_of, parts, seed)))
    return Folds(k, repeats, seed, everything, "" if sealed is None else sealed.hash, tuple(folds))


def _taking_part(connection: Connection, sealed: Split | None) -> dict[str, str]:
    """Subject of each labelled, unflagged case outside the test part."""
    tests = set() if sealed is None else set(sealed.subjects["test"])
    return {case: subject for case, subject in _labelled(connection).items() if subject not in tests}


def _loaded(stored: Any, subject_of: Mapping[str, str]) -> Folds:
    value = json.loads(stored.content)
    folds = Folds.from_json(value)
    if folds.hash != stored.hash:
        raise MedOptError("the folds in the catalogue were changed", expected=stored.hash[:12], found=folds.hash[:12])
    first = folds.folds[0].split
    known = {name for part in PARTS for name in first.subjects[part]}
    for case in sorted(folds.cases):
        if subject_of.get(case) not in known:
            raise MedOptError(
                "the folds do not fit the cases any more",
                where=f"case {case}",
                expected="a labelled, unflagged case of the same subject",
                remedy="Make new folds with another seed",
            )
    return Folds.from_json(value, tuple(sorted(set(subject_of) - folds.cases)))


def _has_split(project: Project) -> bool:
    with project.catalogue.read() as connection:
        return _stored(connection) is not None
