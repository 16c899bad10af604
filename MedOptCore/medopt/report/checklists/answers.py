"""Every topic of the checklists with the function that answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from medopt.report.checklists.item import Answer
from medopt.report.checklists.of_data import OF_DATA
from medopt.report.checklists.of_model import OF_MODEL
from medopt.report.record import Record

TOPICS: Mapping[str, Callable[[Record], Answer]] = {**OF_DATA, **OF_MODEL}
"""Topic of an item → what the record knows of it."""
