"""The translation function of Slicer, or the text itself where Slicer's is absent (tests, plain Python).

``from MedOptCoreLib.i18n import _`` hands out Slicer's own function, so that the context of a message is the
file that calls it.
"""

from __future__ import annotations

try:
    from slicer.i18n import tr as _
except ImportError:

    def _(text: str) -> str:
        return text


__all__ = ["_"]
