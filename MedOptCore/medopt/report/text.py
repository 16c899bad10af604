"""How numbers and texts are written in reports: the same everywhere, and safe to print."""

from __future__ import annotations

import re
from typing import Any

from medopt.validation import MEASURES

NONE = "–"
"""Stands where there is no number."""

_DIGITS = {"": 3, "mm": 2, "ml": 2, "%": 1}
_FOLDERS = re.compile(r"(?:[A-Za-z]:)?[\\/](?:[^\\/:\n'\"]+[\\/])+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def plain(value: Any, longest: int = 200) -> str:
    """``value`` as one line of text without control characters, cut after ``longest`` characters; "" for None."""
    if value is None:
        return ""
    text = re.sub(r"\s+", " ", _CONTROL.sub("", str(value))).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def without_folders(text: str) -> str:
    """``text`` with every absolute path cut to its last part, since folders may carry names of people."""
    return _FOLDERS.sub("", text)


def number(value: float | None, digits: int) -> str:
    """A number with ``digits`` decimals, a true minus sign, and no negative zero."""
    if value is None:
        return NONE
    written = f"{value:.{digits}f}"
    if float(written) == 0:
        written = written.lstrip("-")
    return written.replace("-", "−")


def metric_digits(metric: str) -> int:
    """Decimals with which a metric is written."""
    return _DIGITS.get(MEASURES[metric].unit, 2) if metric in MEASURES else 3


def metric_title(metric: str, *, unit: bool = True) -> str:
    """The metric's title, with its unit in brackets when it has one."""
    if metric not in MEASURES:
        return plain(metric)
    known = MEASURES[metric]
    return f"{known.title} ({known.unit})" if unit and known.unit else known.title


def metric_value(metric: str, value: float | None) -> str:
    """A metric's value with its decimals, without unit."""
    return number(value, metric_digits(metric))


def interval(low: float | None, high: float | None, digits: int) -> str:
    """``[0.86, 0.88]``; "" when there is no interval."""
    return "" if low is None or high is None else f"[{number(low, digits)}, {number(high, digits)}]"


def count(amount: int, singular: str, plural: str | None = None) -> str:
    """``1 case``, ``12 cases``, ``1,234 cases``."""
    return f"{amount:,} {singular if amount == 1 else plural or singular + 's'}"


def duration(seconds: float) -> str:
    """``48 s``, ``9.5 min``, ``3 h 20 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min"


def network_title(name: str) -> str:
    """A network's name as people write it: ``U-Net``, ``residual U-Net``."""
    return name.replace("unet", "U-Net").replace("_", " ")


def listing(names: list[str] | tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1] if names else ""]))


def shorten(text: str, longest: int = 26) -> str:
    """``text`` with its middle left out when it is longer than ``longest``."""
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"
