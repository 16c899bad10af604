"""Reading cases and counts out of the catalogue."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.project.catalogue import utc_now
from medopt.project.records import Case, CaseState
from medopt.project.schema import CASES, FLAGS, LEASES, META, PROPOSALS


def _query() -> Select[Any]:
    waits = (PROPOSALS.c.case_id == CASES.c.id) & PROPOSALS.c.rejected_by.is_(None)
    runs = (LEASES.c.case_id == CASES.c.id) & (LEASES.c.expires > utc_now())
    return (
        select(
            CASES,
            FLAGS.c.note.label("flag"),
            PROPOSALS.c.model.label("proposed_by"),
            PROPOSALS.c.confidence,
            LEASES.c.annotator.label("leased_to"),
        )
        .outerjoin(FLAGS, FLAGS.c.case_id == CASES.c.id)
        .outerjoin(PROPOSALS, waits)
        .outerjoin(LEASES, runs)
    )


def list_cases(connection: Connection) -> list[Case]:
    """All cases, ordered by id; empty for an empty project."""
    grids = _Grids()
    return [_case(row, grids) for row in connection.execute(_query().order_by(CASES.c.id))]


def find_case(connection: Connection, case_id: str) -> Case:
    """One case; raises MedOptError for an unknown id."""
    row = connection.execute(_query().where(CASES.c.id == case_id)).first()
    if row is None:
        raise unknown_case(case_id)
    return _case(row, _Grids())


def lock_case(connection: Connection, case_id: str) -> Row[Any]:
    """The row of a case, held against other writers until the transaction ends."""
    row = connection.execute(select(CASES).where(CASES.c.id == case_id).with_for_update()).first()
    if row is None:
        raise unknown_case(case_id)
    return row


def count_cases(connection: Connection) -> tuple[int, int, int, int]:
    """(cases, cases with a label, proposals that wait for a label, flagged cases)."""
    waiting = (
        select(func.count())
        .select_from(PROPOSALS.join(CASES, (CASES.c.id == PROPOSALS.c.case_id) & CASES.c.label_version.is_(None)))
        .where(PROPOSALS.c.rejected_by.is_(None))
    )
    cases = connection.execute(select(func.count()).select_from(CASES)).scalar_one()
    labelled = connection.execute(select(func.count(CASES.c.label_version))).scalar_one()
    flagged = connection.execute(select(func.count()).select_from(FLAGS)).scalar_one()
    return cases, labelled, connection.execute(waiting).scalar_one(), flagged


def reserve_pseudonyms(connection: Connection, number: int) -> int:
    """Take ``number`` subject numbers that nobody used before; returns the first."""
    query = select(META.c.value).where(META.c.key == "subjects").with_for_update()
    last = int(connection.execute(query).scalar_one())
    connection.execute(update(META).where(META.c.key == "subjects").values(value=str(last + number)))
    return last + 1


def unknown_case(case_id: str) -> MedOptError:
    """The message for a case id that the catalogue does not know."""
    return MedOptError(
        "unknown case", where=case_id, expected="an id from the list of cases", remedy="List them with: medopt status"
    )


class _Grids(dict[str, Geometry]):
    """Grids by their text, as many cases of a project share one."""

    def __missing__(self, text: str) -> Geometry:
        self[text] = Geometry(**json.loads(text))
        return self[text]


def _case(row: Row[Any], grids: _Grids) -> Case:
    labelled = row.label_version is not None
    state: CaseState = "unlabelled"
    if row.flag is not None:
        state = "flagged"
    elif labelled:
        state = "labelled"
    elif row.proposed_by is not None:
        state = "proposed"
    return Case(
        id=row.id,
        subject=row.subject,
        state=state,
        geometry=grids[row.geometry],
        labelled=labelled,
        annotator=row.annotator,
        minutes=None if row.label_seconds is None else row.label_seconds / 60,
        attributes=json.loads(row.attributes),
        flag=row.flag,
        confidence=row.confidence,
        proposal_model=row.proposed_by,
        leased_to=row.leased_to,
    )
