"""Checklists with what the record of a run knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from medopt.report.checklists import claim, tripod_ai
from medopt.report.checklists.answers import TOPICS
from medopt.report.checklists.item import OPEN, Answer, Item
from medopt.report.record import Record


@dataclass(frozen=True)
class Checklist:
    """A published list: the name of its files, its title, where it is from, and its items."""

    name: str
    title: str
    source: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class FilledItem:
    """An item with its answer."""

    item: Item
    answer: Answer


CHECKLISTS: Mapping[str, Checklist] = {
    one.name: one
    for one in (
        Checklist("claim", claim.TITLE, claim.SOURCE, claim.ITEMS),
        Checklist("tripod-ai", tripod_ai.TITLE, tripod_ai.SOURCE, tripod_ai.ITEMS),
    )
}
"""By name, in the order of the report: a new one is a file and a line here."""


def fill(checklist: Checklist, record: Record, sections: Collection[str] | None = None) -> tuple[FilledItem, ...]:
    """Every item with what the record knows; the rest is open.

    ``sections`` are the ids of the report's sections, when it is at hand; an answer that points to none of them points
    nowhere.
    """
    found = []
    for item in checklist.items:
        answer = TOPICS[item.topic](record) if item.topic else OPEN
        if sections is not None and answer.section not in sections:
            answer = Answer(answer.state, answer.text)
        found.append(FilledItem(item, answer))
    return tuple(found)


def counts(filled: tuple[FilledItem, ...]) -> dict[str, int]:
    """How many items have which state, in the order answered, in part, does not apply, open."""
    states = [one.answer.state for one in filled]
    return {state: states.count(state) for state in ("answered", "in part", "does not apply", "open")}
