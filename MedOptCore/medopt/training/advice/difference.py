"""What of a recipe differs from the advice. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from medopt.training.advice.records import Advice, Reason


@dataclass(frozen=True)
class Difference:
    """One value that is not as advised.

    Parameters
    ----------
    field : dotted name, items of lists counted from 0
    advised, chosen : the two values as plain data; None where one of the recipes has no such field
    reason : why the advised value is what it is; None for a field that the advice does not have
    """

    field: str
    advised: Any
    chosen: Any
    reason: Reason | None


def differences(advice: Advice, values: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Where the recipe ``values`` (plain data, as from its YAML) says something else than the advice, in its order.

    Lists of steps and techniques are compared by place; where one is longer, each further item is one difference.
    Tuples and lists, and 1 and 1.0, are the same. Nothing when both say the same.
    """
    found = _compare(_plain(advice.values), _plain(values), "")
    return tuple(Difference(name, was, now, advice.reason(name)) for name, was, now in found)


def _compare(was: Any, now: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in {**was, **now}:
            yield from _compare(was.get(key), now.get(key), f"{name}.{key}" if name else str(key))
    elif _items(was) and _items(now):
        for place in range(max(len(was), len(now))):
            one, other = (items[place] if place < len(items) else None for items in (was, now))
            yield from _compare(one, other, f"{name}.{place}")
    elif was != now:
        yield name, was, now


def _items(value: Any) -> bool:
    """Whether the value is a list of parts that have fields of their own."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
