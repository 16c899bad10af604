"""Transfer learning: begin from weights that another training made, and say what was taken over and what was not.

Settings and report are light; what needs torch is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from medopt.training.transfer.report import Layer, TransferReport
from medopt.training.transfer.settings import TransferSettings

if TYPE_CHECKING:
    from medopt.training.transfer.begin import begin_from
    from medopt.training.transfer.freezing import Freezing
    from medopt.training.transfer.groups import parameter_groups, rate_of, scale_rates
    from medopt.training.transfer.source import Source, read_source

__all__ = [
    "Freezing",
    "Layer",
    "Source",
    "TransferReport",
    "TransferSettings",
    "begin_from",
    "parameter_groups",
    "rate_of",
    "read_source",
    "scale_rates",
]

_PLACES = {
    "begin_from": "begin",
    "Freezing": "freezing",
    "parameter_groups": "groups",
    "rate_of": "groups",
    "scale_rates": "groups",
    "Source": "source",
    "read_source": "source",
}


def __getattr__(name: str) -> Any:
    """Load what needs torch, and the recipe that itself holds the settings from here, when it is first asked for."""
    if name in _PLACES:
        return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
