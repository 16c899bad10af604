"""Keeps the case in the scene for its annotator, so that nobody else labels it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _

MINUTES = 30.0
"""A case of which nothing is heard is free again after this time."""
RENEW_SECONDS = 300.0


class LeaseKeeper:
    """Takes, renews and gives back one lease.

    Parameters
    ----------
    now : seconds
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._held: tuple[Any, str, str] | None = None
        self._renewed = 0.0
        self.problem = ""

    @property
    def held(self) -> str | None:
        """Id of the case that is kept, None without one."""
        return None if self._held is None else self._held[1]

    def take(self, project: Any, caseId: str, annotator: str) -> Callable[[], None]:
        """Keep a case; returns what makes it the one that is held, in place of the one before.

        Raises MedOptError when somebody else has it.
        """
        if project.leases.take([caseId], annotator, MINUTES, labelled=True) is None:
            lease = next((one for one in project.leases.current() if one.case_id == caseId), None)
            who = _("another annotator") if lease is None else lease.annotator
            until = "" if lease is None else f"{lease.expires.astimezone():%H:%M}"
            raise MedOptError(
                _("somebody else labels this case now"),
                where=caseId,
                found=_("{who}, until {time}").format(who=who, time=until),
                remedy=_("Take another case: press Next"),
            )

        def hold() -> None:
            if self.held != caseId:
                self.release()
            self._held, self._renewed, self.problem = (project, caseId, annotator), self._now(), ""

        return hold

    def giveBack(self, project: Any, caseId: str, annotator: str) -> None:
        """A case that was taken but could not be shown is free again; one that is held stays."""
        if self.held != caseId:
            project.leases.release(caseId, annotator)

    def tick(self) -> None:
        """Renew the lease when it is time; what is wrong is told by ``problem``, since work goes on."""
        if self._held is None or self._now() - self._renewed < RENEW_SECONDS:
            return
        project, caseId, annotator = self._held
        self._renewed = self._now()
        try:
            project.leases.renew(caseId, annotator)
            self.problem = ""
        except MedOptError as error:
            self.problem = str(error)

    def release(self) -> None:
        """Give the case back; a catalogue that cannot be reached lets the lease end by itself."""
        if self._held is not None:
            project, caseId, annotator = self._held
            self._held, self.problem = None, ""
            try:
                project.leases.release(caseId, annotator)
            except MedOptError:
                return
