"""Leases: which case an annotator has now, so that several of them never work on the same one.

A lease ends by itself after its minutes; an annotator whose program was killed blocks a case no longer than that.
Times are the UTC clock of the machine that asks. Processes on one machine share it; annotators on several machines
(with a PostgreSQL catalogue) need clocks that agree to well within the length of a lease, as any time service gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from medopt.errors import MedOptError
from medopt.project.cases import lock_case, unknown_case
from medopt.project.catalogue import Catalogue, utc_now
from medopt.project.names import annotator_handle
from medopt.project.records import Lease
from medopt.project.schema import CASES, LEASES

AT_ONCE = 500
"""Candidates that are looked at with one question to the catalogue."""


class LeaseStore:
    """The leases of a project's cases. Among processes too, at most one annotator has a case at any time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def take(
        self, candidates: Sequence[str], annotator: str, minutes: float = 30.0, *, labelled: bool = False
    ) -> Lease | None:
        """Lease the first of ``candidates`` that no other annotator has; None when there is none.

        Parameters
        ----------
        candidates : case ids, the best first
        annotator : a handle; a case that is his already is his to take again, for another ``minutes``
        minutes : how long the lease runs, above 0
        labelled : whether cases that have a label may be taken, as for a correction or a second opinion. Without it
            they are passed over, also when the label came a moment ago and the list of candidates is older

        Raises MedOptError for an unknown case and for a time that is none.
        """
        annotator = annotator_handle(annotator)
        if not 0 < minutes < float("inf"):
            raise MedOptError("wrong length of a lease", expected="minutes above 0", found=str(minutes))
        for start in range(0, len(candidates), AT_ONCE):
            for case_id in self._likely(candidates[start : start + AT_ONCE], annotator, labelled):
                lease = self._try(case_id, annotator, float(minutes), labelled)
                if lease is not None:
                    return lease
        return None

    def renew(self, case_id: str, annotator: str) -> Lease:
        """Start the lease's time anew; MedOptError when the case is not the annotator's any more.

        A lease that has ended is renewed as well, as long as nobody else took the case.
        """
        annotator = annotator_handle(annotator)
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            row = _row(connection, case_id)
            if row is None or row.annotator != annotator:
                raise MedOptError(
                    "the case is not leased to you",
                    where=case_id,
                    expected=f"a lease of {annotator}",
                    found="no lease" if row is None else "a lease of somebody else",
                    remedy="Save what you have, and take another case",
                )
            return _put(connection, case_id, annotator, row.minutes, row.taken)

    def release(self, case_id: str, annotator: str) -> None:
        """Give a case back; nothing happens when it is not the annotator's."""
        here = (LEASES.c.case_id == case_id) & (LEASES.c.annotator == annotator_handle(annotator))
        with self._catalogue.write() as connection:
            lock_case(connection, case_id)
            connection.execute(delete(LEASES).where(here))

    def current(self) -> list[Lease]:
        """Leases that have not ended, ordered by case."""
        query = select(LEASES).where(LEASES.c.expires > utc_now()).order_by(LEASES.c.case_id)
        with self._catalogue.read() as connection:
            return [_lease(row) for row in connection.execute(query)]

    def _likely(self, candidates: Sequence[str], annotator: str, labelled: bool) -> list[str]:
        """Those that are free at this moment, in their order; whether they stay so is seen when they are taken."""
        with self._catalogue.read() as connection:
            query = select(CASES.c.id, CASES.c.label_version).where(CASES.c.id.in_(candidates))
            versions = {row.id: row.label_version for row in connection.execute(query)}
            others = (LEASES.c.expires > utc_now()) & (LEASES.c.annotator != annotator)
            query = select(LEASES.c.case_id).where(LEASES.c.case_id.in_(candidates) & others)
            taken = set(connection.execute(query).scalars())
        unknown = next((case_id for case_id in candidates if case_id not in versions), None)
        if unknown is not None:
            raise unknown_case(unknown)
        return [c for c in candidates if c not in taken and (labelled or versions[c] is None)]

    def _try(self, case_id: str, annotator: str, minutes: float, labelled: bool) -> Lease | None:
        """Take one case, None when it is not free. One transaction each, so that two processes which want several
        cases in different order cannot wait for each other."""
        with self._catalogue.write() as connection:
            case = lock_case(connection, case_id)
            if case.label_version is not None and not labelled:
                return None
            row = _row(connection, case_id)
            if row is None or row.expires <= utc_now():
                return _put(connection, case_id, annotator, minutes, utc_now())
            if row.annotator != annotator:
                return None
            return _put(connection, case_id, annotator, minutes, row.taken)


def _row(connection: Connection, case_id: str) -> Row[Any] | None:
    return connection.execute(select(LEASES).where(LEASES.c.case_id == case_id)).first()


def _put(connection: Connection, case_id: str, annotator: str, minutes: float, taken: str) -> Lease:
    """Write a lease that runs from now."""
    expires = (datetime.now(timezone.utc) + timedelta(minutes=minutes)).isoformat(timespec="microseconds")
    values = {"annotator": annotator, "taken": taken, "expires": expires, "minutes": minutes}
    connection.execute(delete(LEASES).where(LEASES.c.case_id == case_id))
    connection.execute(insert(LEASES).values(case_id=case_id, **values))
    return Lease(case_id, annotator, datetime.fromisoformat(taken), datetime.fromisoformat(expires))


def _lease(row: Row[Any]) -> Lease:
    return Lease(row.case_id, row.annotator, datetime.fromisoformat(row.taken), datetime.fromisoformat(row.expires))
