"""Numbers as people read them: durations, shares, counts."""

from __future__ import annotations

from MedOptCoreLib.i18n import _


def duration(seconds: float | None) -> str:
    """``seconds`` as "8 s", "3 min 05 s" or "1 h 20 min"; empty for None."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    if whole < 60:
        return _("{s} s").format(s=whole)
    if whole < 3600:
        return _("{m} min {s:02d} s").format(m=whole // 60, s=whole % 60)
    return _("{h} h {m:02d} min").format(h=whole // 3600, m=whole % 3600 // 60)


def number(value: float | None, digits: int = 3) -> str:
    """``value`` with ``digits`` decimals, a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}"


def interval(estimate: float | None, low: float | None, high: float | None, digits: int = 3) -> str:
    """ "0.912 [0.905, 0.918]"; only the estimate where there is no interval, a dash where there is no estimate."""
    if estimate is None or low is None or high is None:
        return number(estimate, digits)
    return f"{estimate:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
