"""What a model suggested for a case, and notes that flag a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from medopt.errors import MedOptError
from medopt.image.label import Label
from medopt.project.cases import find_case, lock_case
from medopt.project.catalogue import Catalogue, utc_now
from medopt.project.label_kinds import kind_of
from medopt.project.schema import FLAGS, PROPOSALS
from medopt.project.settings import ProjectSettings


class ProposalStore:
    """The proposals of a project's cases; the last one of a case counts."""

    def __init__(self, folder: Path, catalogue: Catalogue, settings: ProjectSettings) -> None:
        self._folder, self._catalogue = folder / "proposals", catalogue
        self.kind = kind_of(settings)

    def path(self, case_id: str) -> Path:
        """Where the proposal lies, or would lie."""
        return self._folder / f"{case_id}{self.kind.suffix}"

    def save(self, case_id: str, label: Label, model: str) -> None:
        """Save what ``model`` suggests, in place of an earlier proposal; MedOptError when it does not fit the case."""
        with self._catalogue.read() as connection:
            geometry = find_case(connection, case_id).geometry
        label = self.kind.check(label, geometry, f"case {case_id}, proposal")
        self.kind.write(label, self.path(case_id))
        row = {"model": model, "time": utc_now(), "voxels": self.kind.content(label).marked}
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            connection.execute(delete(PROPOSALS).where(PROPOSALS.c.case_id == case_id))
            connection.execute(insert(PROPOSALS).values(case_id=case_id, **row))

    def read(self, case_id: str) -> Any:
        """The proposal of a case, None when there is none."""
        with self._catalogue.read() as connection:
            geometry = find_case(connection, case_id).geometry
        path = self.path(case_id)
        return self.kind.read(path, geometry) if path.is_file() else None


def set_flag(catalogue: Catalogue, case_id: str, note: str | None) -> None:
    """Flag a case with a note, or take the flag away with None."""
    if note is not None and not note.strip():
        raise MedOptError("an empty note", where=case_id, expected="what is wrong with the case, or None")
    with catalogue.write() as connection:
        lock_case(connection, case_id)
        connection.execute(delete(FLAGS).where(FLAGS.c.case_id == case_id))
        if note is not None:
            connection.execute(insert(FLAGS).values(case_id=case_id, note=note.strip(), time=utc_now()))
