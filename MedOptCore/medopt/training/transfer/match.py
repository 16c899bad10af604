"""Which tensor of a source goes to which tensor of a network: by name, by name within other names, by order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from medopt.training.transfer.align import align
from medopt.training.transfer.fit import Fitter, Verdict
from medopt.training.transfer.report import Layer

FEWEST_BY_PREFIX = 4
"""Tensors that another name for a group of layers must explain; fewer may be chance."""
PREFIXES_TRIED = 16
"""Groups of layers (encoder, decoder, blocks) that may each have another name at the source."""
NAMES_SUFFICE = 0.5
"""Share of the encoder above which names are believed; below, the order of its layers is tried, too."""


@dataclass(frozen=True, eq=False)
class Match:
    """What goes where.

    Parameters
    ----------
    state : new values of the network's tensors that are transferred or adapted, by name
    layers : the fate of every tensor of the network, in its order
    unused : names of the source's tensors that found no place
    """

    state: dict[str, Tensor]
    layers: tuple[Layer, ...]
    unused: tuple[str, ...]


def match(fitter: Fitter, learning: frozenset[str]) -> Match:
    """Give each tensor of the network one of the source where one fits; ``learning`` names its parameters.

    First by equal names. Then by names that are equal behind another beginning ("backbone.layer1.…" for
    "encoder.layer1.…"), if it explains at least FEWEST_BY_PREFIX tensors; numbers in a name are never exchanged.
    Where names explain less than half of the encoder, its layers are compared in their order, kind by kind
    (convolutions, norms), and the longest sequence that fits is taken when it explains more than the names did.
    """
    pairs, wrong = _by_name(fitter)
    encoder = [name for name in fitter.target if fitter.layout.role(name) == "encoder"]
    size = sum(fitter.target[name].numel() for name in encoder)
    named = sum(fitter.target[name].numel() for name in encoder if name in pairs)
    if named < NAMES_SUFFICE * size:
        outside = {pairs[name] for name in pairs if name not in encoder}
        ordered = align(fitter, encoder, [name for name in fitter.source.tensors if name not in outside])
        if sum(fitter.target[name].numel() for name in ordered) > named:
            pairs = {name: other for name, other in pairs.items() if name not in encoder} | ordered
            wrong = {name: verdict for name, verdict in wrong.items() if name not in ordered}
    layers = tuple(_layer(fitter, name, pairs, wrong, name in learning) for name in fitter.target)
    state = {name: fitter.make(name, other) for name, other in pairs.items()}
    used = set(pairs.values())
    return Match(state, layers, tuple(name for name in fitter.source.tensors if name not in used))


def _by_name(fitter: Fitter) -> tuple[dict[str, str], dict[str, Verdict]]:
    """Pairs, and for names that both sides have but that do not fit the verdict."""
    pairs: dict[str, str] = {}
    wrong: dict[str, Verdict] = {}
    found = _take(fitter, {name: name for name in fitter.target if name in fitter.source.tensors})
    pairs, wrong = found
    for _ in range(PREFIXES_TRIED):
        left = [name for name in fitter.target if name not in pairs and name not in wrong]
        free = set(fitter.source.tensors) - set(pairs.values()) - set(wrong)
        renamed = _best_prefix(fitter, left, free)
        if not renamed:
            break
        more, unfit = _take(fitter, renamed)
        pairs, wrong = pairs | more, wrong | unfit
    return pairs, wrong


def _take(fitter: Fitter, wished: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Verdict]]:
    verdicts = {name: fitter.judge(name, other) for name, other in wished.items()}
    return (
        {name: wished[name] for name, verdict in verdicts.items() if verdict.fits},
        {name: verdict for name, verdict in verdicts.items() if not verdict.fits},
    )


def _best_prefix(fitter: Fitter, left: Sequence[str], free: set[str]) -> dict[str, str]:
    """The exchange of beginnings that explains most parameters, as pairs of names; empty when none explains enough."""
    by_ending: dict[str, list[str]] = defaultdict(list)
    for other in free:
        for ending in _endings(other):
            by_ending[ending].append(other)
    weight: Counter[tuple[str, str]] = Counter()
    count: Counter[tuple[str, str]] = Counter()
    for name in left:
        longest = next((ending for ending in _endings(name) if ending in by_ending), None)
        for other in by_ending[longest] if longest is not None else ():
            change = (name.removesuffix(longest or ""), other.removesuffix(longest or ""))
            numbers = [re.findall(r"\d+", prefix) for prefix in change]
            if numbers[0] == numbers[1] and fitter.judge(name, other).fits:
                weight[change] += fitter.target[name].numel()
                count[change] += 1
    good = [change for change, _ in weight.most_common() if count[change] >= FEWEST_BY_PREFIX]
    if not good:
        return {}
    here, there = min(good, key=lambda change: (-weight[change], change))
    renamed = {name: there + name.removeprefix(here) for name in left if name.startswith(here)}
    return {name: other for name, other in renamed.items() if other in free}


def _endings(name: str) -> list[str]:
    """What is left of a name when its first parts are cut off, longest first; at least two parts."""
    parts = name.split(".")
    return [".".join(parts[n:]) for n in range(max(1, len(parts) - 1))]


def _layer(fitter: Fitter, name: str, pairs: Mapping[str, str], wrong: Mapping[str, Verdict], learns: bool) -> Layer:
    shape, role = tuple(fitter.target[name].shape), fitter.layout.role(name)
    if name in pairs:
        why = fitter.judge(name, pairs[name]).why
        return Layer(name, role, shape, "adapted" if why else "transferred", why, pairs[name], learns)
    why = wrong[name].why if name in wrong else "nothing at the source corresponds to it"
    return Layer(name, role, shape, "skipped", why, "", learns)
