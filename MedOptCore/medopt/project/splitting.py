"""Making the split of a project once, keeping it, and counting the looks at its test subjects."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence
from medopt.files import read_json, write_json
from medopt.project.catalogue import utc_now
from medopt.project.label_kind import LabelContent
from medopt.project.published import Published, published_parts
from medopt.project.records import Opening
from medopt.project.schema import CASES, CHANNELS, FLAGS, LABEL_VERSIONS, SPLITS, TEST_OPENINGS
from medopt.project.split import PARTS, Split, allocate, seats_of_parts
from medopt.project.stratify import stratify_iteratively

if TYPE_CHECKING:
    from medopt.project.project import Project

SITE = ("site",)
"""The attributes that are shared out in proportion when nothing else is asked."""

LISTED = 8
"""Copies of images up to which each is named."""

_LOG = logging.getLogger(__name__)


def split_path(project: Project) -> Path:
    """``splits/split.json``: the split for people and other programs to read; the catalogue holds the same."""
    return project.folder / "splits" / "split.json"


def make_split(
    project: Project,
    *,
    test: float = 0.2,
    validation: float = 0.1,
    seed: int = 1,
    stratify: bool = True,
    stratify_by: Sequence[str] = SITE,
    from_attribute: str | None = None,
    replace: bool = False,
    reporter: Reporter | None = None,
) -> Split:
    """Divide the labelled cases by subject, once; flagged cases stay out until the flag is taken away.

    With ``stratify`` the classes present and the values of the attributes ``stratify_by`` are shared out in proportion:
    of segmentation every combination of them (largest remainder), of the other tasks each class and each value by
    itself (iterative stratification). ``from_attribute`` takes over a published split instead, see ``published``; a
    validation or test part that it lacks is drawn from its training subjects. Repeating the call with the same
    arguments returns the split that is there; labelled cases that came later are in its ``unassigned`` until a call
    with ``replace=True`` draws a new one.

    Raises MedOptError for fewer than 3 labelled subjects, for wrong shares, for an attribute that is no split, and for
    other arguments when runs were already trained on the split that is there, unless ``replace=True``.
    """
    given: dict[str, Any] = {"test": test, "validation": validation, "seed": seed, "stratify": stratify}
    if tuple(stratify_by) != SITE:
        given["stratify_by"] = sorted(stratify_by)
    if from_attribute is not None:
        given["from_attribute"] = from_attribute
    arguments = json.dumps(given, sort_keys=True)
    with project.catalogue.write() as connection:
        stored = _stored(connection)
        if stored is not None and not replace:
            if stored.arguments == arguments:
                split = _loaded(connection, stored)
                write_json(split_path(project), split.to_json())
                return split
            _refuse_with_runs(project, stored)
        subject_of = _labelled(connection)
        labels = _subject_labels(connection, subject_of, stratify_by) if stratify else {}
        draw = _Draw(project.settings.task, labels, test, validation, seed)
        if from_attribute is None:
            parts = draw.parts(sorted(set(subject_of.values())))
        else:
            published = _published(connection, from_attribute, subject_of)
            _tell_copies(published, reporter or Silence())
            subject_of = {case: subject_of[case] for case in published.part_of}
            parts = draw.complete({subject_of[case]: part for case, part in published.part_of.items()})
        split = Split.of(subject_of, parts, seed)
        content = json.dumps(split.to_json())
        row = {"hash": split.hash, "time": utc_now(), "arguments": arguments, "content": content}
        connection.execute(insert(SPLITS).values(**row))
        write_json(split_path(project), split.to_json())
    return split


def load_split(project: Project) -> Split:
    """The split of the project, with the labelled cases that it does not know in ``unassigned``.

    Raises MedOptError when there is none, when it was changed by hand (its hash is wrong or not the catalogue's),
    when a subject stands in two parts, and when a case has another subject now.
    """
    with project.catalogue.read() as connection:
        stored = _stored(connection)
        if stored is None:
            raise MedOptError("the project has no split", where=project.folder, remedy="Make one with: medopt split")
        split = _loaded(connection, stored)
    path = split_path(project)
    if path.is_file():
        read = Split.from_json(read_json(path))
        if read.hash != split.hash:
            raise MedOptError(
                "the split in the file is not that of the catalogue",
                where=path,
                expected=f"hash {split.hash[:12]}…",
                found=f"{read.hash[:12]}…",
                remedy="Delete the file, or repeat: medopt split",
            )
    return split


def open_test(project: Project, purpose: str) -> tuple[str, ...]:
    """Case ids of the sealed test subjects; the look is counted, and told in the log with its purpose."""
    if not purpose.strip():
        raise MedOptError("no purpose", where="open_test", expected="what the test subjects are looked at for")
    split = load_split(project)
    with project.catalogue.write() as connection:
        row = {"time": utc_now(), "purpose": purpose.strip(), "split_hash": split.hash}
        connection.execute(insert(TEST_OPENINGS).values(**row))
    looks = sum(opening.split_hash == split.hash for opening in list_openings(project))
    _LOG.info("test subjects opened for %s; look number %d with this split", purpose.strip(), looks)
    return split.test


def list_openings(project: Project) -> list[Opening]:
    """Every look at the test subjects, the first one first."""
    with project.catalogue.read() as connection:
        rows = connection.execute(select(TEST_OPENINGS).order_by(TEST_OPENINGS.c.number)).all()
    return [Opening(datetime.fromisoformat(row.time), row.purpose, row.split_hash) for row in rows]


def _stored(connection: Connection) -> Any:
    return connection.execute(select(SPLITS).order_by(SPLITS.c.number.desc()).limit(1)).first()


def _loaded(connection: Connection, stored: Any) -> Split:
    try:
        value = json.loads(stored.content)
    except ValueError as error:
        raise MedOptError("the split in the catalogue is damaged", where="table splits") from error
    subject_of = _labelled(connection)
    known = {case for part in PARTS for case in value["cases"][part]}
    split = Split.from_json(value, tuple(sorted(set(subject_of) - known)))
    if split.hash != stored.hash:
        raise MedOptError("the split in the catalogue was changed", expected=stored.hash[:12], found=split.hash[:12])
    subjects = {row.id: row.subject for row in connection.execute(select(CASES.c.id, CASES.c.subject))}
    for part in PARTS:
        for case in split.part(part):
            if subjects.get(case) not in split.subjects[part]:
                raise MedOptError(
                    "the split does not fit the cases any more",
                    where=f"case {case}",
                    expected=f"a subject of {part}",
                    found="no such case" if case not in subjects else f"subject {subjects[case]}",
                    remedy="Make a new split with replace",
                )
    return split


def _labelled(connection: Connection) -> dict[str, str]:
    """Subject of each case that has a label and no flag."""
    flagged = select(FLAGS.c.case_id)
    query = select(CASES.c.id, CASES.c.subject).where(CASES.c.label_version.is_not(None), CASES.c.id.not_in(flagged))
    return {row.id: row.subject for row in connection.execute(query)}


def _subject_labels(
    connection: Connection, subject_of: dict[str, str], attributes: Sequence[str]
) -> dict[str, list[tuple[Hashable, ...]]]:
    """Of each subject the classes present in any case, and its values of each attribute, each sorted."""
    query = select(CASES.c.id, CASES.c.attributes, LABEL_VERSIONS.c.class_values).join(
        LABEL_VERSIONS,
        (LABEL_VERSIONS.c.case_id == CASES.c.id) & (LABEL_VERSIONS.c.version == CASES.c.label_version),
    )
    found: dict[str, list[set[Any]]] = defaultdict(lambda: [set() for _ in range(1 + len(attributes))])
    for row in connection.execute(query):
        subject = subject_of.get(row.id)
        if subject is None:
            continue
        found[subject][0].update(LabelContent.from_text(row.class_values).values)
        told = json.loads(row.attributes)
        for number, name in enumerate(attributes, 1):
            found[subject][number].add(told.get(name, ""))
    return {subject: [tuple(sorted(values)) for values in groups] for subject, groups in found.items()}


def _strata(connection: Connection, subject_of: dict[str, str]) -> dict[str, Hashable]:
    """(classes present in any case, sites) of each subject."""
    return {subject: tuple(groups) for subject, groups in _subject_labels(connection, subject_of, SITE).items()}


@dataclass(frozen=True)
class _Draw:
    """Draws parts of subjects; ``labels`` are what is shared out in proportion, empty for nothing."""

    task: str
    labels: Mapping[str, Sequence[tuple[Hashable, ...]]]
    test: float
    validation: float
    seed: int

    def parts(self, subjects: Sequence[str]) -> dict[str, str]:
        if self.task == "segmentation" or not self.labels:
            strata = {subject: tuple(self.labels[subject]) if self.labels else "" for subject in subjects}
            return allocate(strata, test=self.test, validation=self.validation, seed=self.seed)
        seats = seats_of_parts(len(subjects), test=self.test, validation=self.validation)
        return stratify_iteratively(self._flat(subjects), seats, self.seed)

    def complete(self, given: Mapping[str, str]) -> dict[str, str]:
        """The given parts, and of the training subjects as many as a missing part should have of all."""
        result = dict(given)
        for part, share in (("test", self.test), ("validation", self.validation)):
            if part in given.values():
                continue
            subjects = sorted(subject for subject, own in result.items() if own == "train")
            seats = min(max(1, round(len(given) * share)), len(subjects) - 1)
            if seats < 1:
                raise MedOptError("too few training subjects", expected=f"some to draw the {part} part from", found="1")
            rooms = {"train": len(subjects) - seats, part: seats}
            result |= stratify_iteratively(self._flat(subjects), rooms, self.seed)
        return result

    def _flat(self, subjects: Sequence[str]) -> dict[str, list[Hashable]]:
        """Each class and each value of an attribute as a label of its own; no class is one, too."""
        flat: dict[str, list[Hashable]] = {}
        for subject in subjects:
            groups = self.labels.get(subject, ())
            flat[subject] = [(number, value) for number, group in enumerate(groups) for value in (group or ("none",))]
        return flat


def _published(connection: Connection, attribute: str, subject_of: Mapping[str, str]) -> Published:
    rows = connection.execute(select(CASES.c.id, CASES.c.attributes)).all()
    told = {row.id: str(json.loads(row.attributes).get(attribute, "")) for row in rows}
    query = select(CHANNELS.c.case_id, CHANNELS.c.content_sha256).order_by(CHANNELS.c.case_id, CHANNELS.c.position)
    content: dict[str, str] = defaultdict(str)
    for row in connection.execute(query):
        content[row.case_id] += row.content_sha256
    return published_parts(attribute, told, subject_of, content)


def _tell_copies(published: Published, reporter: Reporter) -> None:
    if not published.copies:
        return
    pairs = [f"{copy} (as {kept} in {published.part_of[kept]})" for copy, kept in sorted(published.copies.items())]
    more = f" and {len(pairs) - LISTED} more" if len(pairs) > LISTED else ""
    what = "1 case is" if len(pairs) == 1 else f"{len(pairs)} cases are"
    text = f"{what} in no part, as the same image stands in another part: {', '.join(pairs[:LISTED])}{more}"
    reporter.emit("message", level="warning", text=text)


def _refuse_with_runs(project: Project, stored: Any) -> None:
    runs = project.status().runs
    if runs:
        raise MedOptError(
            "the project has another split, on which models were trained",
            where=project.folder,
            expected=f"the arguments of the split that is there: {stored.arguments}",
            found=f"other arguments, and {runs} run{'s' if runs > 1 else ''}",
            remedy="Keep the split, or replace it knowingly (medopt split --replace): test results of the runs that "
            "are there do not hold for a new split",
        )
