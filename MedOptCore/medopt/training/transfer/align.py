"""Layers of two encoders side by side by their order, when their names say nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from medopt.training.transfer.fit import Fitter

ELSEWHERE = ("decoder", "up", "ups", "head", "heads", "seg_layers", "fc", "classifier", "class_layers")
"""First parts of names that belong to no encoder."""
FOLLOWED = 4.0
"""How much more a norm counts whose convolution is matched with that of the other norm."""
LEAST_ALIKE = 0.5
"""Share of the convolutions, here and there, that must have a partner: fewer fit between any two networks."""


def align(fitter: Fitter, targets: Sequence[str], sources: Sequence[str]) -> dict[str, str]:
    """Pairs of tensors of the longest common sequence of layers, by parameters.

    Modules with a weight are compared in the given order: convolutions (and matrix products) with each other, then
    norms, of which those that follow matched convolutions count more. Bias and running statistics go with the weight.
    Modules that do not fit are passed over on either side. Nothing is given for encoders of which less than LEAST_ALIKE
    finds a partner.
    """
    here = _modules(targets)
    there = _modules([name for name in sources if not any(part in ELSEWHERE for part in name.split("."))])
    shapes_here = {m: fitter.target[f"{m}.weight"].ndim for m in here}
    shapes_there = {m: fitter.source.tensors[f"{m}.weight"].ndim for m in there}

    def fits(one: str, other: str) -> bool:
        return fitter.judge(f"{one}.weight", f"{other}.weight").fits

    def worth(one: str, other: str) -> float:
        return fitter.target[f"{one}.weight"].numel() if fits(one, other) else 0.0

    kernels = _common([m for m in here if shapes_here[m] > 1], [m for m in there if shapes_there[m] > 1], worth)
    if len(kernels) < LEAST_ALIKE * max(*(sum(n > 1 for n in s.values()) for s in (shapes_here, shapes_there)), 1):
        return {}
    of_here, of_there = _partners(here, shapes_here), _partners(there, shapes_there)

    def norm_worth(one: str, other: str) -> float:
        together = of_here[one] is not None and kernels.get(of_here[one] or "") == of_there[other]
        return (1.0 + FOLLOWED * together) if fits(one, other) else 0.0

    norms = _common([m for m in here if shapes_here[m] == 1], [m for m in there if shapes_there[m] == 1], norm_worth)
    pairs = {}
    for module, other in {**kernels, **norms}.items():
        for kind in here[module]:
            if kind in there[other] and fitter.judge(f"{module}.{kind}", f"{other}.{kind}").fits:
                pairs[f"{module}.{kind}"] = f"{other}.{kind}"
    return pairs


def _modules(names: Sequence[str]) -> dict[str, list[str]]:
    """The tensors of each module that has a weight, by the module's name in order."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for name in names:
        module, _, kind = name.rpartition(".")
        kinds[module].append(kind)
    return {module: found for module, found in kinds.items() if "weight" in found}


def _partners(modules: Iterable[str], ndim: dict[str, int]) -> dict[str, str | None]:
    """For each norm the convolution that it belongs to.

    Within a block that has as many norms as convolutions, the first with the first and so on, which holds also where
    the order of modules is that of their names; else the nearest convolution before it.
    """
    blocks: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    before: dict[str, str | None] = {}
    last = None
    for module in modules:
        kernels, norms = blocks[module.rpartition(".")[0]]
        if ndim[module] > 1:
            kernels.append(module)
            last = module
        else:
            norms.append(module)
            before[module] = last
    for kernels, norms in blocks.values():
        if len(kernels) == len(norms):
            before |= dict(zip(norms, kernels, strict=True))
    return before


def _common(here: Sequence[str], there: Sequence[str], worth: Callable[[str, str], float]) -> dict[str, str]:
    """The common subsequence of the highest total worth (Needleman & Wunsch 1970, gaps cost nothing)."""
    values = np.array([[worth(one, other) for other in there] for one in here]).reshape(len(here), len(there))
    best = np.zeros((len(here) + 1, len(there) + 1))
    for n in range(len(here)):
        for m in range(len(there)):
            taken = best[n, m] + values[n, m] if values[n, m] > 0 else 0.0
            best[n + 1, m + 1] = max(best[n, m + 1], best[n + 1, m], taken)
    pairs, n, m = {}, len(here), len(there)
    while n and m:
        if best[n, m] == best[n - 1, m]:
            n -= 1
        elif best[n, m] == best[n, m - 1]:
            m -= 1
        else:
            n, m = n - 1, m - 1
            pairs[here[n]] = there[m]
    return dict(reversed(pairs.items()))
