"""Self-supervised pretraining: a network learns the anatomy of all images of a project before it sees a label.

What needs torch is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from medopt.training.pretrain.record import RECORD, PretrainRecord
from medopt.training.pretrain.settings import PretrainSettings

if TYPE_CHECKING:
    from medopt.training.pretrain.pretraining import pretrain

__all__ = ["RECORD", "PretrainRecord", "PretrainSettings", "pretrain"]


def __getattr__(name: str) -> Any:
    """Load the pretraining itself when it is first asked for."""
    if name == "pretrain":
        return importlib.import_module(f"{__name__}.pretraining").pretrain
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
