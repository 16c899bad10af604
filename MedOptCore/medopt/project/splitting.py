"""Making the split of a project once, keeping it, and counting the looks at its test subjects."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Hashable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.project.catalogue import utc_now
from medopt.project.label_kind import LabelContent
from medopt.project.records import Opening
from medopt.project.schema import CASES, FLAGS, LABEL_VERSIONS, SPLITS, TEST_OPENINGS
from medopt.project.split import PARTS, Split, allocate

if TYPE_CHECKING:
    from medopt.project.project import Project

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
    replace: bool = False,
) -> Split:
    """Divide the labelled cases by subject, once; flagged cases stay out until the flag is taken away.

    With ``stratify`` every combination of classes present and of the attribute "site" is shared out in
    proportion. Repeating the call with the same arguments returns the split that is there; labelled cases that
    came later are in its ``unassigned`` until a call with ``replace=True`` draws a new one.

    Raises MedOptError for fewer than 3 labelled subjects, for wrong shares, and for other arguments when runs
    were already trained on the split that is there, unless ``replace=True``.
    """
    arguments = json.dumps({"test": test, "validation": validation, "seed": seed, "stratify": stratify}, sort_keys=True)
    with project.catalogue.write() as connection:
        stored = _stored(connection)
        if stored is not None and not replace:
            if stored.arguments == arguments:
                split = _loaded(connection, stored)
                write_json(split_path(project), split.to_json())
                return split
            _refuse_with_runs(project, stored)
        subject_of = _labelled(connection)
        strata = _strata(connection, subject_of) if stratify else dict.fromkeys(subject_of.values(), "")
        parts = allocate(strata, test=test, validation=validation, seed=seed)
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


def _strata(connection: Connection, subject_of: dict[str, str]) -> dict[str, Hashable]:
    """(classes present in any case, sites) of each subject."""
    query = select(CASES.c.id, CASES.c.attributes, LABEL_VERSIONS.c.class_values).join(
        LABEL_VERSIONS,
        (LABEL_VERSIONS.c.case_id == CASES.c.id) & (LABEL_VERSIONS.c.version == CASES.c.label_version),
    )
    classes: dict[str, set[int]] = defaultdict(set)
    sites: dict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query):
        subject = subject_of.get(row.id)
        if subject is None:
            continue
        classes[subject].update(LabelContent.from_text(row.class_values).values)
        sites[subject].add(json.loads(row.attributes).get("site", ""))
    return {subject: (tuple(sorted(classes[subject])), tuple(sorted(sites[subject]))) for subject in classes}


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
