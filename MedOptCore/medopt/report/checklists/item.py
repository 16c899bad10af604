"""An item of a checklist, and an answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["answered", "in part", "open", "does not apply"]


@dataclass(frozen=True)
class Item:
    """An item: its number in the published list, what it asks for in our own short words, and the topic that
    ``answers.TOPICS`` answers it by ("" for what no record can know)."""

    number: str
    section: str
    asks: str
    topic: str = ""


@dataclass(frozen=True)
class Answer:
    """What the record knows, and the id of the report's section that tells it in full ("" for none)."""

    state: State
    text: str
    section: str = ""


OPEN = Answer("open", "For the authors to write.")
