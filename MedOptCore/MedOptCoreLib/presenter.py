"""The base of every presenter: what a panel shows and does, without Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from MedOptCoreLib.signal import Signal


@dataclass(frozen=True)
class ButtonState:
    """How a button looks.

    Parameters
    ----------
    missing : what is still needed before it can be pressed, as a sentence; empty when it can be
    tip : what it does, shown while it can be pressed
    next : True for the one button of the panel that is the sensible next step
    text : replaces the button's text, None leaves it
    """

    missing: str = ""
    tip: str = ""
    next: bool = False
    text: str | None = None

    @property
    def enabled(self) -> bool:
        """True when nothing is missing."""
        return not self.missing

    @property
    def toolTip(self) -> str:
        """What is missing, else what the button does."""
        return self.missing or self.tip


class Presenter:
    """Holds the state of a part of a panel; ``changed`` tells that it should be shown afresh."""

    def __init__(self) -> None:
        self.changed = Signal()

    def buttons(self) -> Mapping[str, ButtonState]:
        """Name of each button in the .ui file and how it looks now."""
        return {}
