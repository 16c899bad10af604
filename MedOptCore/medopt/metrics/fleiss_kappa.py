"""Agreement of several raters beyond chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError


def fleiss_kappa(counts: ArrayLike) -> float | None:
    """Fleiss' kappa: 1 for agreement, 0 for that of chance (Fleiss, Psychol Bull 1971;76:378-382).

    Parameters
    ----------
    counts : (cases, classes) how many raters put each case into each class; cases may have different raters, and
        different numbers of them (each case's agreement then counts once, each rating once for the shares of the
        classes; with as many raters for each case it is Fleiss' own)

    Cases of fewer than two raters say nothing and are left out. None without cases, and when all ratings are of one
    class, so that chance alone agrees. Raises MedOptError for an array of another shape or with negative numbers.
    """
    table = np.asarray(counts, float)
    if table.ndim != 2 or (table < 0).any():
        raise MedOptError(
            "not a table of ratings", expected="(cases, classes) numbers of raters", found=f"shape {table.shape}"
        )
    kappa = float(weighted_fleiss_kappa(table, np.ones((1, len(table))))[0])
    return None if np.isnan(kappa) else kappa


def weighted_fleiss_kappa(counts: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """(samples,) Fleiss' kappa of (cases, classes) ``counts`` for each row of (samples, cases) ``weights``.

    NaN where it is not defined; see ``fleiss_kappa``.
    """
    raters = counts.sum(axis=1)
    several = raters > 1
    counts, raters, weights = counts[several], raters[several], weights[:, several]
    agreement = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    total, ratings = weights.sum(axis=1), weights @ raters
    found = np.full(len(weights), np.nan)
    some = total > 0
    observed = weights[some] @ agreement / total[some]
    by_chance = ((weights[some] @ counts / ratings[some, None]) ** 2).sum(axis=1)
    below = 1 - by_chance
    found[some] = np.divide(observed - by_chance, below, out=np.full(len(below), np.nan), where=below > 1e-12)
    return found
