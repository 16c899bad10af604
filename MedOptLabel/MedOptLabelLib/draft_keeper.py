"""Work that is not accepted yet, kept on disk: a killed Slicer loses little of it, and the next one offers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.texts import duration
from MedOptLabelLib.open_case import PROPOSAL, OpenCase, same

MOST_SECONDS = 60.0
"""Changes never wait longer than this for their draft."""
LEAST_SECONDS = 5.0
TIMES_THE_COST = 50.0
"""Between these bounds a draft waits so many times longer than the last one took to write: 2 % of the time."""


class DraftKeeper(Presenter):
    """``offer`` is a draft of an earlier session, waiting to be restored or discarded.

    Parameters
    ----------
    now : seconds
    """

    def __init__(self, now: Callable[[], float]) -> None:
        super().__init__()
        self._now = now
        self.offer: Any = None
        self.problem = ""
        self._changed = self._written = False
        self._last, self._interval = 0.0, LEAST_SECONDS

    def begin(self, project: Any, opened: OpenCase, annotator: str) -> None:
        """A case was opened: look for the annotator's draft of it. A damaged one is told by ``problem``."""
        self.forget()
        self._last = self._now()
        try:
            draft = project.drafts.read(opened.id, annotator)
        except MedOptError as error:
            self.problem = str(error)
            return
        if draft is not None and same(project, draft.label, opened.saved):
            project.drafts.drop(opened.id, annotator)
        elif draft is not None:
            self.offer = draft
        self.changed.emit()

    def forget(self) -> None:
        """The case is left; drafts on disk stay."""
        self.offer, self.problem, self._changed, self._written = None, "", False, False
        self.changed.emit()

    def note(self) -> None:
        """The annotator changed something."""
        self._changed = True

    @property
    def due(self) -> bool:
        """Whether there is something to keep and it has waited long enough."""
        return self._changed and self._now() - self._last >= self._interval

    def save(
        self,
        project: Any,
        opened: OpenCase,
        read: Callable[[], Any],
        annotator: str,
        *,
        seconds: float,
        undos: int | None,
    ) -> None:
        """Keep what ``read`` gives; what goes wrong is told by ``problem``, since work goes on."""
        began = self._now()
        self._changed = False
        source = "proposal" if opened.source == PROPOSAL else "manual"
        try:
            project.drafts.save(
                opened.id, read(), annotator, source=source, seconds=seconds, undos=undos, blind=opened.blind
            )
            self.problem, self._written = "", True
        except MedOptError as error:
            self.problem = str(error)
        self._last = self._now()
        self._interval = min(MOST_SECONDS, max(LEAST_SECONDS, TIMES_THE_COST * (self._last - began)))
        self.changed.emit()

    def drop(self, project: Any, caseId: str, annotator: str) -> None:
        """The work was accepted, or discarded."""
        self.offer, self._changed, self._written = None, False, False
        project.drafts.drop(caseId, annotator)
        self.changed.emit()

    def settle(self, project: Any, caseId: str, annotator: str) -> None:
        """The work was taken back: its draft goes, one of an earlier session stays."""
        if self._written:
            self.drop(project, caseId, annotator)

    @property
    def text(self) -> str:
        """What is offered, as a sentence; empty when nothing is."""
        if self.offer is None:
            return ""
        text = _("There is unaccepted work of yours on this case, of {time}").format(
            time=f"{self.offer.time.astimezone():%Y-%m-%d %H:%M}"
        )
        if self.offer.seconds:
            text += _(" ({duration})").format(duration=duration(self.offer.seconds))
        return text + (_("; the label was saved anew since then.") if self.offer.outdated else ".")

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons beside the offer look."""
        return {
            "restoreDraftButton": ButtonState("", _("Go on with that work in place of what is shown.")),
            "discardDraftButton": ButtonState("", _("Forget that work.")),
        }
