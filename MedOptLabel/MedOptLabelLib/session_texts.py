"""What the panel says of a labelling session: the lines about the case, and how the buttons look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState
from MedOptCoreLib.texts import duration
from MedOptLabelLib.case_list import STATE_NAMES
from MedOptLabelLib.open_case import PROPOSAL

if TYPE_CHECKING:
    from MedOptLabelLib.session import LabelSession


def caseText(session: LabelSession) -> str:
    """One line about the case in the scene and what is left to do."""
    left = _("{n} cases still need a label").format(n=session.cases.openCount())
    opened = session.opened
    if opened is None:
        return left if session.project is not None else ""
    state = STATE_NAMES.get(opened.case.state, opened.case.state)
    text = _("{case} · subject {subject} · {state}").format(case=opened.id, subject=opened.case.subject, state=state)
    if opened.source == PROPOSAL:
        text += " · " + _("shown: the proposal of a model")
    if session.lease.problem:
        text += " · ⚠ " + session.lease.problem
    if opened.case.flag:
        text += " · " + _("flag: {note}").format(note=opened.case.flag)
    return f"{text} · {left}"


def savedText(session: LabelSession) -> str:
    """Whether what was made is saved, and the clock."""
    opened = session.opened
    if opened is None:
        return ""
    if opened.dirty:
        mark = _("● changed, not saved yet (saved by itself when you leave the case)")
    elif opened.version is not None:
        mark = _("✓ saved as version {n}").format(n=opened.version)
    elif opened.case.labelled:
        mark = _("✓ saved earlier")
    else:
        mark = _("○ no label yet")
    if opened.dirty and session.drafts.problem:
        mark += " · ⚠ " + _("the draft: {problem}").format(problem=session.drafts.problem)
    return f"{mark} · {duration(session.clock.seconds)}"


def buttons(session: LabelSession) -> dict[str, ButtonState]:
    """How the buttons of the sections Cases and Label look."""
    opened = session.opened
    noProject = "" if session.project is not None else _("Open or create a project first.")
    noCases = noProject or ("" if session.cases.all() else _("Import images first (section Collect)."))
    noShown = noCases or ("" if session.cases.shown() else _("No case passes the filter."))
    noCase = noCases or ("" if opened is not None else _("Show a case first: press Next."))
    noSelection = noCases or ("" if session.selected is not None else _("Select a case in the table first."))
    asIs = opened is not None and opened.source == PROPOSAL and not opened.dirty
    flagged = opened is not None and opened.case.state == "flagged"
    return {
        "previousButton": ButtonState(noShown, _("Show the case above. Key: P")),
        "nextButton": ButtonState(noShown, _("Show the next case that needs a label. Key: N"), next=opened is None),
        "goToButton": ButtonState(noSelection, _("Show the selected case. A double click does the same.")),
        "showTableButton": ButtonState(noCases, _("Show the table of cases in the present view layout, or go back.")),
        "acceptButton": ButtonState(
            noCase,
            _("Save the label and show the next case. Key: A"),
            next=True,
            text=_("Accept proposal and next (A)") if asIs else _("Accept and next (A)"),
        ),
        "saveButton": ButtonState(noCase, _("Save the label. Key: S")),
        "skipButton": ButtonState(noCase, _("Leave this case for later and show the next one.")),
        "flagButton": ButtonState(
            noCase,
            _("Take the flag away.") if flagged else _("Mark this case, with the note beside the button."),
            text=_("Unflag") if flagged else _("Flag"),
        ),
    }
