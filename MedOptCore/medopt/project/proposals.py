"""What a model suggested for a case, and notes that flag a case.

A proposal is saved as a label is: the files under temporary names, an intent with the hash of the new file in the
catalogue, and in one transaction, with the case locked, the files' renames, the row and the intent's end. After a kill
within that transaction the intent says whose the file is. Scores name the file that they belong to by its hash, so
that those of another proposal are never taken for them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from sqlalchemy import Connection, delete, insert, select, update

from medopt.errors import MedOptError
from medopt.files import PARTIAL_PREFIX, file_sha256, move
from medopt.image.label import Label
from medopt.project.cases import find_case, lock_case
from medopt.project.catalogue import Catalogue, utc_now
from medopt.project.label_kinds import kind_of
from medopt.project.names import annotator_handle
from medopt.project.proposal_scores import ProposalScores, check_scores, read_scores, write_scores
from medopt.project.records import ProposalRecord
from medopt.project.schema import FLAGS, PROPOSAL_INTENTS, PROPOSALS
from medopt.project.settings import ProjectSettings

FORGOTTEN_AFTER = timedelta(days=1)
"""An intent whose file never came is removed after this time; until then its process may still be at work."""


class ProposalStore:
    """The proposals of a project's cases; the last one of a case counts."""

    def __init__(self, folder: Path, catalogue: Catalogue, settings: ProjectSettings) -> None:
        self._folder, self._catalogue, self._settings = folder / "proposals", catalogue, settings
        self.kind = kind_of(settings)

    def path(self, case_id: str) -> Path:
        """Where the proposal lies, or would lie."""
        return self._folder / f"{case_id}{self.kind.suffix}"

    def scores_path(self, case_id: str) -> Path:
        """Where the scores of the proposal lie, or would lie."""
        return self._folder / f"{case_id}.scores.nrrd"

    def save(
        self,
        case_id: str,
        label: Label,
        model: str,
        *,
        confidence: float | None = None,
        round: int | None = None,
        scores: NDArray | None = None,
        catch: bool = False,
    ) -> None:
        """Save what ``model`` suggests, in place of an earlier proposal and its scores.

        Parameters are those of `Project.save_proposal`. Raises MedOptError when label or scores do not fit the case,
        or cannot be written; the earlier proposal is then still in place.
        """
        if confidence is not None and not 0 <= confidence <= 1:
            raise MedOptError("wrong confidence", where=case_id, expected="0 to 1", found=str(confidence))
        with self._catalogue.read() as connection:
            geometry = find_case(connection, case_id).geometry
        label = self.kind.check(label, geometry, f"case {case_id}, proposal")
        if scores is not None:
            check_scores(scores, self._settings, geometry, f"case {case_id}, scores of the proposal")
        with self._staged(case_id) as (new_label, new_scores):
            self.kind.write(label, new_label)
            digest = file_sha256(new_label)
            if scores is not None:
                write_scores(scores, label, self._settings, new_scores, digest)
            row = {
                "model": model,
                "time": utc_now(),
                "voxels": self.kind.content(label).marked,
                "file_sha256": digest,
                "confidence": None if confidence is None else float(confidence),
                "round": round,
                "catch_trial": catch,
            }
            self._take(case_id, new_label, new_scores if scores is not None else None, row)

    def read(self, case_id: str) -> Any:
        """The proposal of a case, None when there is none; one that was rejected is read all the same."""
        if self.record(case_id) is None:
            return None
        with self._catalogue.read() as connection:
            geometry = find_case(connection, case_id).geometry
        path = self.path(case_id)
        return self.kind.read(path, geometry) if path.is_file() else None

    def record(self, case_id: str) -> ProposalRecord | None:
        """What the catalogue knows of the proposal, None when there is none."""
        row = self._row(case_id)
        if row is None:
            return None
        return ProposalRecord(
            model=row.model,
            time=datetime.fromisoformat(row.time),
            marked=row.voxels,
            confidence=row.confidence,
            round=row.round,
            catch=row.catch_trial,
            rejected_by=row.rejected_by,
        )

    def read_scores(self, case_id: str) -> ProposalScores | None:
        """The scores of the proposal, None when it has none; MedOptError when their file is damaged."""
        row, path = self._row(case_id), self.scores_path(case_id)
        if row is None or row.file_sha256 is None or not path.is_file():
            return None
        with self._catalogue.read() as connection:
            geometry = find_case(connection, case_id).geometry
        return read_scores(path, geometry, self._settings, row.file_sha256)

    def reject(self, case_id: str, annotator: str) -> None:
        """Note that an annotator found the proposal useless; MedOptError when there is none."""
        values = {"rejected_by": annotator_handle(annotator), "rejected_time": utc_now()}
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            self._recover_case(connection, case_id)
            done = connection.execute(update(PROPOSALS).where(PROPOSALS.c.case_id == case_id).values(**values))
            if not done.rowcount:
                raise MedOptError("the case has no proposal", where=case_id)

    def recover(self) -> None:
        """Write the rows of saves that were killed after their file was in place; forget those before it."""
        with self._catalogue.read() as connection:
            cases = set(connection.execute(select(PROPOSAL_INTENTS.c.case_id)).scalars())
        for case_id in sorted(cases):
            with self._catalogue.write() as connection:
                lock_case(connection, case_id)
                self._recover_case(connection, case_id)

    def _row(self, case_id: str) -> Any:
        """The row of the proposal, None when there is none; what a killed save left is mended first."""
        with self._catalogue.read() as connection:
            find_case(connection, case_id)
            left = connection.execute(select(PROPOSAL_INTENTS).where(PROPOSAL_INTENTS.c.case_id == case_id)).first()
            row = connection.execute(select(PROPOSALS).where(PROPOSALS.c.case_id == case_id)).first()
        if left is None:
            return row
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            self._recover_case(connection, case_id)
            return connection.execute(select(PROPOSALS).where(PROPOSALS.c.case_id == case_id)).first()

    def _take(self, case_id: str, label: Path, scores: Path | None, row: dict[str, Any]) -> None:
        """Put the staged files in their places, and the row into the catalogue."""
        intent = {"file_sha256": row["file_sha256"], "case_id": case_id}
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            self._recover_case(connection, case_id)
            _delete_intent(connection, **intent)
            connection.execute(insert(PROPOSAL_INTENTS).values(**intent, time=utc_now(), record=json.dumps(row)))
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            self._recover_case(connection, case_id)
            if scores is not None:
                move(scores, self.scores_path(case_id))
            move(label, self.path(case_id))
            _put_row(connection, case_id, row)
            _delete_intent(connection, **intent)
        if scores is None:
            with suppress(OSError):  # scores of an earlier proposal are not taken for this one's, they only use space
                self.scores_path(case_id).unlink(missing_ok=True)

    def _recover_case(self, connection: Connection, case_id: str) -> None:
        intents = connection.execute(select(PROPOSAL_INTENTS).where(PROPOSAL_INTENTS.c.case_id == case_id)).all()
        if not intents:
            return
        found = file_sha256(self.path(case_id)) if self.path(case_id).is_file() else None
        query = select(PROPOSALS.c.file_sha256).where(PROPOSALS.c.case_id == case_id)
        known = connection.execute(query).scalar()
        for intent in intents:
            if intent.file_sha256 == found and found != known:
                _put_row(connection, case_id, json.loads(intent.record))
                _delete_intent(connection, intent.file_sha256, case_id)
            elif datetime.now(timezone.utc) - datetime.fromisoformat(intent.time) > FORGOTTEN_AFTER:
                _delete_intent(connection, intent.file_sha256, case_id)

    @contextmanager
    def _staged(self, case_id: str) -> Iterator[tuple[Path, Path]]:
        """Temporary paths for label and scores; what still lies there at the end is removed."""
        start = f"{PARTIAL_PREFIX}{os.urandom(4).hex()}-{case_id}"
        paths = self._folder / f"{start}{self.kind.suffix}", self._folder / f"{start}.scores.nrrd"
        try:
            yield paths
        finally:
            for path in paths:
                with suppress(OSError):  # a folder that cannot be entered holds nothing to remove
                    path.unlink(missing_ok=True)


def _put_row(connection: Connection, case_id: str, row: dict[str, Any]) -> None:
    connection.execute(delete(PROPOSALS).where(PROPOSALS.c.case_id == case_id))
    connection.execute(insert(PROPOSALS).values(case_id=case_id, **row))


def _delete_intent(connection: Connection, file_sha256: str, case_id: str) -> None:
    here = (PROPOSAL_INTENTS.c.file_sha256 == file_sha256) & (PROPOSAL_INTENTS.c.case_id == case_id)
    connection.execute(delete(PROPOSAL_INTENTS).where(here))


def set_flag(catalogue: Catalogue, case_id: str, note: str | None) -> None:
    """Flag a case with a note, or take the flag away with None."""
    if note is not None and not note.strip():
        raise MedOptError("an empty note", where=case_id, expected="what is wrong with the case, or None")
    with catalogue.write() as connection:
        lock_case(connection, case_id)
        connection.execute(delete(FLAGS).where(FLAGS.c.case_id == case_id))
        if note is not None:
            connection.execute(insert(FLAGS).values(case_id=case_id, note=note.strip(), time=utc_now()))
