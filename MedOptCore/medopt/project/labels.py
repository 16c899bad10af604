"""Labels with their history: what a save does, and how a kill in the middle of one is mended.

The order of a save, each step whole or absent:

1. the new file is written beside the old one, under a temporary name;
2. an *intent* goes into the catalogue: the new file's hash, who, how long, from where;
3. in one transaction, with the case locked: the old file gets its name in ``labels/history/``, the new file takes
   its place, the version's row is written, the intent is removed.

A kill before 3 leaves the old label and an intent without a file, which is forgotten. A kill within 3 leaves the
new file and the intent, from which the row is written when the project is opened or the case is saved next. A file
that somebody else put in place has no intent; it becomes a version of its own, source "outside", when the case is
saved next, so that it is not lost either.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from medopt.errors import MedOptError
from medopt.files import PARTIAL_PREFIX, atomic_path, file_sha256, move
from medopt.image import Geometry
from medopt.image.label import Label
from medopt.project.cases import find_case, lock_case
from medopt.project.catalogue import Catalogue, utc_now
from medopt.project.label_kind import LabelContent
from medopt.project.label_kinds import kind_of
from medopt.project.label_rows import (
    Effort,
    contents_of_cases,
    current_version,
    insert_version,
    label_facts,
    list_versions,
)
from medopt.project.records import LabelSource, LabelVersion
from medopt.project.schema import CASES, LABEL_INTENTS
from medopt.project.settings import ProjectSettings

FORGOTTEN_AFTER = timedelta(days=1)
"""An intent whose file never came is removed after this time; until then its process may still be at work."""


class LabelStore:
    """The labels of a project's cases, of the kind that its task has (`kind`)."""

    def __init__(self, folder: Path, catalogue: Catalogue, settings: ProjectSettings) -> None:
        self._folder, self._catalogue = folder / "labels", catalogue
        self.kind = kind_of(settings)

    # ---- where, and reading ----------------------------------------------------------------------------------

    def path(self, case_id: str) -> Path:
        """Where the label that counts lies, or would lie."""
        return self._folder / f"{case_id}{self.kind.suffix}"

    def history_path(self, case_id: str, version: int) -> Path:
        """Where an earlier version lies, or will lie."""
        return self._folder / "history" / case_id / f"{version:04d}{self.kind.suffix}"

    def read(self, case_id: str) -> Any:
        """The label that counts; MedOptError when the case has none."""
        geometry = self._geometry(case_id)
        path = self.path(case_id)
        if not path.is_file():
            raise MedOptError("the case has no label", where=case_id, remedy="Label it in MedOptLabel, or import one")
        return self.kind.read(path, geometry)

    def read_version(self, case_id: str, version: int) -> Any:
        """A label by its number, an earlier one or the one that counts; MedOptError where there is none."""
        return self.kind.read(self._version_path(case_id, version), self._geometry(case_id))

    def _version_path(self, case_id: str, version: int) -> Path:
        known = [one.version for one in self.history(case_id)]
        if version not in known:
            raise MedOptError(
                "unknown version of the label",
                where=f"case {case_id}",
                expected=", ".join(map(str, known)) or "a labelled case",
                found=str(version),
            )
        path = self.path(case_id) if version == max(known) else self.history_path(case_id, version)
        if not path.is_file():
            raise MedOptError("the file of this version is missing", where=f"case {case_id}, version {version}")
        return path

    def _geometry(self, case_id: str) -> Geometry:
        with self._catalogue.read() as connection:
            return find_case(connection, case_id).geometry

    def contents(self) -> dict[str, LabelContent]:
        """What the label of each labelled case holds."""
        with self._catalogue.read() as connection:
            return contents_of_cases(connection)

    def history(self, case_id: str) -> list[LabelVersion]:
        """All versions, the first one first; empty for a case without a label."""
        with self._catalogue.read() as connection:
            find_case(connection, case_id)
            return list_versions(connection, case_id)

    # ---- saving ----------------------------------------------------------------------------------------------

    def save(
        self,
        case_id: str,
        label: Label,
        *,
        annotator: str | None,
        seconds: float | None = None,
        source: LabelSource = "manual",
        note: str = "",
        proposal: Label | None = None,
        source_sha256: str | None = None,
        effort: Effort | None = None,
    ) -> int:
        """Save a new version and return its number.

        ``proposal`` is what the changes of a first version are counted against; ``source_sha256`` is the hash
        of an imported file; ``effort`` is what the annotator did. Raises MedOptError for a label that does not fit
        the case, and when it cannot be written; the earlier label is then still in place.
        """
        label = self.kind.check(label, self._geometry(case_id), f"case {case_id}")
        with self._staged(case_id) as staged:
            self.kind.write(label, staged)
            facts = label_facts(
                self.kind,
                label,
                staged,
                annotator=annotator,
                seconds=seconds,
                source=source,
                note=note,
                effort=effort,
            )
            return self._take(case_id, staged, facts, label, proposal, source_sha256)

    def restore(self, case_id: str, version: int, by: str | None = None) -> int:
        """Make a new version that equals ``version``, file and all; returns its number. ``by`` restores it."""
        path = self._version_path(case_id, version)
        old = next(one for one in self.history(case_id) if one.version == version)
        with self._staged(case_id) as staged:
            with atomic_path(staged) as temporary:
                shutil.copyfile(path, temporary)
            label = self.kind.read(staged, self._geometry(case_id))
            facts = label_facts(
                self.kind,
                label,
                staged,
                annotator=old.annotator,
                source="restore",
                note=f"version {version}",
                effort=Effort(blind=old.blind, model=old.model, round=old.round),
            )
            facts |= {"restored_from": version, "restored_by": by}
            return self._take(case_id, staged, facts, label, None, None)

    def _take(
        self,
        case_id: str,
        staged: Path,
        facts: dict[str, Any],
        label: Label,
        proposal: Label | None,
        source_sha256: str | None,
    ) -> int:
        """Steps 2 and 3 of a save."""
        with self._catalogue.read() as connection:
            geometry = find_case(connection, case_id).geometry
            compared_with = current_version(connection, case_id)
        facts["changed_voxels"] = self._changes(
            case_id, label, geometry, proposal
        )  # before the lock: it may take a while
        intent = {"file_sha256": facts["file_sha256"], "case_id": case_id}
        with self._catalogue.write() as connection:
            _delete_intent(connection, **intent)
            connection.execute(insert(LABEL_INTENTS).values(**intent, time=utc_now(), record=json.dumps(facts)))
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            self._recover_case(connection, case_id)
            version = self._adopt_outside(connection, case_id, geometry)
            if current_version(connection, case_id) != compared_with:  # somebody else was faster
                facts["changed_voxels"] = self._changes(case_id, label, geometry, proposal)
            if version:
                self._archive(case_id, version)
            move(staged, self.path(case_id))
            insert_version(connection, case_id, version + 1, facts)
            if source_sha256 is not None:
                here = update(CASES).where(CASES.c.id == case_id)
                connection.execute(here.values(label_source_sha256=source_sha256))
            _delete_intent(connection, **intent)
        return version + 1

    def _changes(self, case_id: str, label: Label, geometry: Geometry, proposal: Label | None) -> int | None:
        """How far it differs from the label that counts, else from the proposal; None when there is neither."""
        path = self.path(case_id)
        try:
            before = self.kind.read(path, geometry) if path.is_file() else proposal
        except MedOptError:  # a damaged file has nothing to compare; it goes to the history all the same
            before = None
        return None if before is None else self.kind.changes(before, label)

    # ---- mending -------------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Write the rows of saves that were killed after their file was in place; forget those before it."""
        with self._catalogue.read() as connection:
            cases = set(connection.execute(select(LABEL_INTENTS.c.case_id)).scalars())
        for case_id in sorted(cases):
            with self._catalogue.write() as connection:
                lock_case(connection, case_id)
                self._recover_case(connection, case_id)

    def _recover_case(self, connection: Connection, case_id: str) -> None:
        intents = connection.execute(select(LABEL_INTENTS).where(LABEL_INTENTS.c.case_id == case_id)).all()
        if not intents:
            return
        version, known = current_version(connection, case_id)
        found = file_sha256(self.path(case_id)) if self.path(case_id).is_file() else None
        for intent in intents:
            if intent.file_sha256 == found and found != known:
                version, known = version + 1, found
                insert_version(connection, case_id, version, json.loads(intent.record))
                _delete_intent(connection, intent.file_sha256, case_id)
            elif datetime.now(timezone.utc) - datetime.fromisoformat(intent.time) > FORGOTTEN_AFTER:
                _delete_intent(connection, intent.file_sha256, case_id)

    def _adopt_outside(self, connection: Connection, case_id: str, geometry: Geometry) -> int:
        """Give a file that was put in place without MedOpt a version; returns the version that counts, 0 for none."""
        version, known = current_version(connection, case_id)
        path = self.path(case_id)
        if not path.is_file() or file_sha256(path) == known:
            return version
        try:
            facts = label_facts(self.kind, self.kind.read(path, geometry), path, source="outside")
        except MedOptError:  # kept as a file, but it is no label of this project
            move(path, self.history_path(case_id, version).with_name(f"{version:04d}-unreadable{self.kind.suffix}"))
            return version
        insert_version(connection, case_id, version + 1, facts)
        return version + 1

    def _archive(self, case_id: str, version: int) -> None:
        """Give the present file its name in the history; it keeps its place until the new one takes it."""
        path = self.path(case_id)
        if path.is_file():
            with atomic_path(self.history_path(case_id, version)) as temporary:
                try:
                    os.link(path, temporary)
                except OSError:  # a file system without links
                    shutil.copyfile(path, temporary)

    @contextmanager
    def _staged(self, case_id: str) -> Iterator[Path]:
        """A temporary path beside the label; what still lies there at the end is removed."""
        staged = self._folder / f"{PARTIAL_PREFIX}{os.urandom(4).hex()}-{case_id}{self.kind.suffix}"
        try:
            yield staged
        finally:
            with suppress(OSError):  # a folder that cannot be entered holds nothing to remove
                staged.unlink(missing_ok=True)


def _delete_intent(connection: Connection, file_sha256: str, case_id: str) -> None:
    here = (LABEL_INTENTS.c.file_sha256 == file_sha256) & (LABEL_INTENTS.c.case_id == case_id)
    connection.execute(delete(LABEL_INTENTS).where(here))
