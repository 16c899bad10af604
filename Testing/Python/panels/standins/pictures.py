"""Colours and icons as Qt has them: what they are made of is checked and kept."""

from __future__ import annotations

import re


class Color:
    """A QColor of ``"#rrggbb"``; Qt would make black of anything else without a word."""

    def __init__(self, name: str) -> None:
        if not isinstance(name, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", name):
            raise TypeError(f"{name!r} is no colour")
        self.name = name


class Pixmap:
    """A QPixmap; ``color`` is what it was filled with."""

    def __init__(self, width: int, height: int) -> None:
        if not (isinstance(width, int) and isinstance(height, int)):
            raise TypeError(f"{width!r} x {height!r} pixels")
        self.color: Color | None = None

    def fill(self, color: Color) -> None:
        """Fill."""
        if not isinstance(color, Color):
            raise TypeError(f"{color!r} is no QColor")
        self.color = color


class Icon:
    """A QIcon of a filled pixmap."""

    def __init__(self, pixmap: Pixmap) -> None:
        if not isinstance(pixmap, Pixmap):
            raise TypeError(f"{pixmap!r} is no QPixmap")
        self.color = pixmap.color
