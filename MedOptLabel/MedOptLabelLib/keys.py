"""Keys of the panel: always those of the session, and those of the editor of the project's task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

SESSION_KEYS = {"N": "nextButton", "P": "previousButton", "S": "saveButton", "A": "acceptButton"}
BOX_KEYS = {"B": "placeBoxButton", "X": "nextBoxButton", "D": "deleteBoxButton", "Z": "undoBoxButton"}
DIGITS = {"segmentation": range(0), "classification": range(10), "detection": range(1, 10)}
"""Digits that choose classes; the Segment Editor chooses effects by them itself."""


def panelKeys(ui: Any, task: str | None, digit: Callable[[int], None]) -> Mapping[str, Callable[[], None]]:
    """Key -> what it does, for a project of ``task``; None without a project.

    Parameters
    ----------
    ui : the named widgets; a key presses its button
    digit : called with the number of a class, 0 for none of them
    """
    names = {**SESSION_KEYS, **(BOX_KEYS if task == "detection" else {})}
    keys: dict[str, Callable[[], None]] = {key: getattr(ui, name).click for key, name in names.items()}
    for number in DIGITS.get(task or "", range(0)):
        keys[str(number)] = _press(digit, number)
    return keys


def _press(digit: Callable[[int], None], number: int) -> Callable[[], None]:
    return lambda: digit(number)
