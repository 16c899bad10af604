"""From a trained network to a model package that runs anywhere, with proof that it gives the same.

Nothing here loads torch before it is asked for, so that panels read what a compression was asked for and came to.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medopt.compression.export import export_run
    from medopt.compression.parity import ParityCase, ParityProof, prove_parity

__all__ = ["ParityCase", "ParityProof", "export_run", "prove_parity"]

_PLACES = {"ParityCase": "parity", "ParityProof": "parity", "export_run": "export", "prove_parity": "parity"}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name in _PLACES:
        return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
