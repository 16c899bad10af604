"""The strategies by name: a new one is a file, and one line here."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

from medopt.errors import MedOptError
from medopt.labelling.strategies import clasp_pe, in_order, most_diverse, most_uncertain, random_foreground
from medopt.labelling.strategies.strategy import Strategy

STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        strategy.name: strategy
        for strategy in (
            Strategy("random_foreground", "At random, classes in turn", random_foreground.rank),
            Strategy("clasp_pe", "Entropy by class, decaying noise", clasp_pe.rank),
            Strategy("most_uncertain", "Least confident first", most_uncertain.rank),
            Strategy("most_diverse", "Least like what is labelled", most_diverse.rank, needs_embeddings=True),
            Strategy("in_order", "In the order of the list", in_order.rank),
        )
    }
)
"""Name → strategy; the first one is the default."""

DEFAULT = "random_foreground"


def strategy_of(name: str) -> Strategy:
    """The strategy called ``name``; MedOptError that names the nearest one when there is none."""
    try:
        return STRATEGIES[name]
    except KeyError:
        near = difflib.get_close_matches(name, STRATEGIES, n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else None
        raise MedOptError("unknown strategy", expected=", ".join(STRATEGIES), found=name, remedy=remedy) from None
