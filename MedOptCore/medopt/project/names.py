"""Names that are safe as file names on every system and say nothing about a person."""

from __future__ import annotations

import re

from medopt.errors import MedOptError

LONGEST = 64
"""Characters in a case, subject or channel name; longer paths trouble some file systems."""

_RESERVED = {"con", "prn", "aux", "nul", *(f"{device}{n}" for device in ("com", "lpt") for n in range(1, 10))}


def is_safe_name(name: str) -> bool:
    """True for 1 to 64 letters, digits, ``-`` and ``_`` that are no device name of Windows."""
    return re.fullmatch(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}", name) is not None and name.lower() not in _RESERVED


def safe_name(text: str) -> str:
    """``text`` with every run of other characters turned into one ``-``; "case" when nothing is left.

    Two different texts may become the same name, which the import notices as a duplicate.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:LONGEST].rstrip("-")
    if not name:
        return "case"
    return name if is_safe_name(name) else f"case-{name}"


def pseudonym(number: int) -> str:
    """The name of the ``number``-th subject whose real identity must not be told: subject-0001 …"""
    return f"subject-{number:04d}"


def annotator_handle(annotator: str) -> str:
    """The handle of an annotator without blanks around it; MedOptError when it is none of 1 to 64 characters."""
    if not annotator.strip() or len(annotator) > 64 or not annotator.isprintable():
        raise MedOptError("no usable annotator", expected="a handle of 1 to 64 characters", found=repr(annotator))
    return annotator.strip()
