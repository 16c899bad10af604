"""Drafts: work on labels that is saved every now and then, and that becomes a version only when it is accepted.

A draft is a file of its own under a random name in ``drafts/CASE/``; the catalogue knows whose it is. The new file is
written, then the row turns to it, then the old file goes: a kill at any point leaves the old draft or the new one.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, insert, select

from medopt.errors import MedOptError
from medopt.image.label import Label
from medopt.project.cases import find_case, lock_case
from medopt.project.catalogue import Catalogue, utc_now
from medopt.project.label_kinds import kind_of
from medopt.project.names import annotator_handle
from medopt.project.records import Draft, DraftRecord
from medopt.project.schema import CASES, DRAFTS
from medopt.project.settings import ProjectSettings

ABANDONED_SECONDS = 3600
"""Files in a case's folder of drafts that no row knows are removed when they are older; a younger one may be a draft
that another process is about to save."""

Records = list[DraftRecord]


class DraftStore:
    """The drafts of a project: one for each case and annotator."""

    def __init__(self, folder: Path, catalogue: Catalogue, settings: ProjectSettings) -> None:
        self._folder, self._catalogue = folder / "drafts", catalogue
        self.kind = kind_of(settings)

    def save(
        self,
        case_id: str,
        label: Label,
        annotator: str,
        *,
        started: int | None = None,
        source: Literal["manual", "proposal"] = "manual",
        seconds: float | None = None,
        undos: int | None = None,
        blind: bool = False,
    ) -> None:
        """Save a draft in place of the annotator's earlier one of this case.

        Parameters
        ----------
        annotator : a handle; it is kept in the catalogue alone
        started : the version of the label that the work began from, 0 for none; by default that of the earlier
            draft, without one the version that counts now
        source, seconds, undos, blind : of the work so far, for `Project.save_label` later

        Raises MedOptError when the label does not fit the case or cannot be written; the earlier draft is then
        untouched.
        """
        annotator = annotator_handle(annotator)
        with self._catalogue.read() as connection:
            geometry = find_case(connection, case_id).geometry
        label = self.kind.check(label, geometry, f"case {case_id}, draft")
        name = f"{os.urandom(8).hex()}{self.kind.suffix}"
        self.kind.write(label, self._path(case_id, name))
        values: dict[str, Any] = {"source": source, "seconds": seconds, "undos": undos, "blind": blind}
        with self._catalogue.write() as connection:
            case = lock_case(connection, case_id)
            old = _row(connection, case_id, annotator)
            if started is None:
                started = old.started if old is not None else case.label_version or 0
            _delete(connection, case_id, annotator)
            values |= {"file": name, "time": utc_now(), "started": started}
            connection.execute(insert(DRAFTS).values(case_id=case_id, annotator=annotator, **values))
        self._sweep(case_id, None if old is None else old.file)

    def read(self, case_id: str, annotator: str) -> Draft | None:
        """The annotator's draft of a case, None when there is none; MedOptError when its file is damaged.

        ``Draft.outdated`` tells that the case has got another version of its label since the draft was begun.
        """
        annotator = annotator_handle(annotator)
        for _ in range(10):  # another process of this annotator may put a new draft in its place at any time
            with self._catalogue.read() as connection:
                case = find_case(connection, case_id)
                query = _query().where((DRAFTS.c.case_id == case_id) & (DRAFTS.c.annotator == annotator))
                row = connection.execute(query).first()
            if row is None:
                return None
            path = self._path(case_id, row.file)
            try:
                label = self.kind.read(path, case.geometry)
            except MedOptError:
                if path.is_file():
                    raise
                continue
            return Draft(**vars(_record(row)), label=label)
        return None

    def drop(self, case_id: str, annotator: str) -> None:
        """Forget the annotator's draft of a case, as when it was accepted; nothing happens when there is none."""
        annotator = annotator_handle(annotator)
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            old = _row(connection, case_id, annotator)
            _delete(connection, case_id, annotator)
        self._sweep(case_id, None if old is None else old.file)

    def list(self) -> Records:
        """All drafts without their labels, ordered by case and annotator."""
        with self._catalogue.read() as connection:
            rows = connection.execute(_query().order_by(DRAFTS.c.case_id, DRAFTS.c.annotator))
            return [_record(row) for row in rows]

    def _path(self, case_id: str, name: str) -> Path:
        return self._folder / case_id / name

    def _sweep(self, case_id: str, replaced: str | None) -> None:
        """Remove a file that was replaced, and what killed processes left long ago; what cannot be removed stays."""
        with suppress(OSError):
            if replaced is not None:
                self._path(case_id, replaced).unlink(missing_ok=True)
            with self._catalogue.read() as connection:
                query = select(DRAFTS.c.file).where(DRAFTS.c.case_id == case_id)
                known = set(connection.execute(query).scalars())
            for path in (self._folder / case_id).iterdir():
                if path.name not in known and time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                    path.unlink(missing_ok=True)


def _query() -> Any:
    return select(DRAFTS, CASES.c.label_version).join(CASES, CASES.c.id == DRAFTS.c.case_id)


def _row(connection: Connection, case_id: str, annotator: str) -> Row[Any] | None:
    here = (DRAFTS.c.case_id == case_id) & (DRAFTS.c.annotator == annotator)
    return connection.execute(select(DRAFTS).where(here)).first()


def _delete(connection: Connection, case_id: str, annotator: str) -> None:
    connection.execute(delete(DRAFTS).where((DRAFTS.c.case_id == case_id) & (DRAFTS.c.annotator == annotator)))


def _record(row: Row[Any]) -> DraftRecord:
    return DraftRecord(
        case_id=row.case_id,
        annotator=row.annotator,
        time=datetime.fromisoformat(row.time),
        started=row.started,
        outdated=(row.label_version or 0) != row.started,
        source=row.source,
        seconds=row.seconds,
        undos=row.undos,
        blind=row.blind,
    )
