"""Cases from worst to best, and those that are shown as pictures."""

from __future__ import annotations

from dataclasses import dataclass

from medopt.validation import MEAN, Results


@dataclass(frozen=True)
class RankedCase:
    """A case and its mean Dice over structures."""

    case: str
    subject: str
    dice: float


def ranked_cases(results: Results) -> list[RankedCase]:
    """Cases by mean Dice over structures, the worst first; cases of equal Dice by name, cases without one left out."""
    found = [RankedCase(v.case, v.subject, v.value) for v in results.case_values(MEAN, "dice") if v.value is not None]
    return sorted(found, key=lambda item: (item.dice, item.case))


def shown_cases(results: Results) -> list[tuple[str, RankedCase]]:
    """("Best" | "Median" | "Worst", case), each case once; with an even number the lower of the two in the middle."""
    ranked = ranked_cases(results)
    if not ranked:
        return []
    places = {"Best": len(ranked) - 1, "Median": (len(ranked) - 1) // 2, "Worst": 0}
    shown: dict[int, str] = {}
    for role in ("Worst", "Best", "Median"):
        shown.setdefault(places[role], role)
    return sorted(((role, ranked[place]) for place, role in shown.items()), key=lambda pair: -pair[1].dice)
