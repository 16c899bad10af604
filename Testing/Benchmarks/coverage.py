"""How often 95 % intervals hold the truth, by simulation: the ground for MedOpt's choices.

Draws samples of n subjects from populations like those of practice, makes each interval that MedOpt has, and counts.
With 1,000 draws a coverage of 95 % has a standard error of 0.7 points. Takes a few minutes on one core;
``false_alarms.py`` does the same for tests. Run:
    python Testing/Benchmarks/coverage.py [--draws 1000] [--only means,medians,…]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is loaded

import argparse
import time
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from scipy import stats

from medopt.metrics import clustered_wilson, delong_auroc, wilson_interval
from medopt.validation import BootstrapSettings
from medopt.validation.bland_altman import agreement_limits
from medopt.validation.interval import interval_ends
from medopt.validation.resampling import draw_subjects, resample
from medopt.validation.weighted import (
    mean_of_defined,
    weighted_auroc,
    weighted_average_precision,
    weighted_box_precision,
    weighted_froc,
    weighted_kappa,
    weighted_rates,
)

SIZES = (20, 50, 200)
SAMPLES = 2000
DEFAULT = BootstrapSettings(samples=SAMPLES)

POPULATIONS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "Dice, skewed a little": lambda random, shape: random.beta(45, 6, shape),
    "Dice, 5 % failures": lambda random, shape: np.where(
        random.random(shape) < 0.05, random.uniform(0, 0.5, shape), random.beta(45, 6, shape)
    ),
    "HD95, log-normal": lambda random, shape: random.lognormal(1, 0.6, shape),
    "HD95, heavy tail": lambda random, shape: random.lognormal(1, 1.0, shape),
    "normal": lambda random, shape: random.normal(0, 1, shape),
}

KINDS = {
    "percentile": DEFAULT.model_copy(update={"method": "percentile", "small_sample": False}),
    "BCa": DEFAULT.model_copy(update={"small_sample": False}),
    "percentile, widened": DEFAULT.model_copy(update={"method": "percentile"}),
    "BCa, widened": DEFAULT,
}


class Table:
    """Rows of percentages that are printed as they come."""

    def __init__(self, title: str, columns: Iterable[str]) -> None:
        self.columns = list(columns)
        print(f"\n{title}\n{'':30s} {'n':>4s}  " + "  ".join(f"{column:>20s}" for column in self.columns))

    def row(self, name: str, n: int, cells: dict[str, str]) -> None:
        print(f"{name:30s} {n:4d}  " + "  ".join(f"{cells.get(c, ''):>20s}" for c in self.columns), flush=True)


def held(low: np.ndarray, high: np.ndarray, truth: float, *, width: bool = False) -> str:
    """Percent of the intervals that hold the truth, how many of 100 samples have none, and their mean width."""
    there = np.isfinite(low)
    share = f"{100 * np.mean((low[there] <= truth) & (truth <= high[there])):.1f}" if there.any() else "-"
    share += f" ({np.mean(high[there] - low[there]):.3f})" if width else ""
    return share + ("" if there.all() else f" ({100 * (1 - there.mean()):.0f} % none)")


def weights_of(n: int) -> np.ndarray:
    return draw_subjects(n, SAMPLES, np.random.default_rng([3, n]))


def studentized(x: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The bootstrap-t interval of means of (n, draws): quantiles of (mean* - mean) / error*."""
    n, middle, error = len(x), x.mean(0), stats.sem(x)
    moved = weights @ x / n - middle
    spread = np.sqrt(np.maximum(weights @ (x - middle) ** 2 / n - moved**2, 0) / (n - 1))
    reach = np.divide(moved, spread, out=np.sign(moved) * np.inf, where=spread > 1e-9 * error)
    low, high = np.quantile(reach, (0.025, 0.975), axis=0, method="inverted_cdf")
    return middle - high * error, middle - low * error


def means(draws: int) -> None:
    table = Table("Means: coverage in % (mean width)", [*KINDS, "bootstrap-t", "Student's t"])
    for name, draw in POPULATIONS.items():
        truth = float(draw(np.random.default_rng(99), (8_000_000,)).mean())
        for n in (10, *SIZES):
            x = draw(np.random.default_rng([7, n]), (n, draws))
            estimate, influence = x.mean(0), (x - x.mean(0)) / (n - 1)
            replicates = weights_of(n) @ x / n
            ends = {kind: interval_ends(estimate, replicates, influence, n, s) for kind, s in KINDS.items()}
            low, high = studentized(x, weights_of(n))
            # what cannot be is no width: a Dice beyond 1 or below 0
            ends["bootstrap-t"] = np.clip([low, high], 0, 1) if name.startswith("Dice") else np.stack([low, high])
            ends["Student's t"] = np.stack(stats.t.interval(0.95, n - 1, estimate, stats.sem(x)))
            table.row(name, n, {kind: held(*both, truth, width=True) for kind, both in ends.items()})


def medians(draws: int) -> None:
    kinds = {kind: settings for kind, settings in KINDS.items() if settings.method == "percentile"}
    table = Table("Medians: coverage in %", [*kinds, "order statistics"])
    for name, draw in POPULATIONS.items():
        truth = float(np.median(draw(np.random.default_rng(99), (8_000_000,))))
        for n in (10, *SIZES):
            x = np.sort(draw(np.random.default_rng([8, n]), (n, draws)), axis=0)
            reached = np.cumsum(weights_of(n), axis=1)
            places = [np.minimum((reached < n / 2).sum(1), n - 1), np.minimum((reached <= n / 2).sum(1), n - 1)]
            replicates, none = (x[places[0]] + x[places[1]]) / 2, np.zeros((n, draws))
            ends = {kind: interval_ends(np.median(x, 0), replicates, none, n, s) for kind, s in kinds.items()}
            k = int(stats.binom.ppf(0.025, n, 0.5))
            k -= stats.binom.cdf(k - 1, n, 0.5) > 0.025
            ends["order statistics"] = x[[max(k, 1) - 1, n - max(k, 1)]]
            table.row(name, n, {kind: held(low, high, truth) for kind, (low, high) in ends.items()})


def differences(draws: int) -> None:
    """Of paired values, and of two groups of 3n and n subjects (the gap between training and test)."""
    kinds = {f"paired, {kind}": KINDS[kind] for kind in ("percentile, widened", "BCa, widened")}
    table = Table(
        "Differences of means: coverage in %", [*kinds, *(kind.replace("paired", "groups") for kind in kinds)]
    )
    for name, draw in POPULATIONS.items():
        for n in SIZES:
            random = np.random.default_rng([9, n])
            x = draw(random, (n, draws))
            y = 0.7 * x + 0.3 * draw(random, (n, draws)) + random.normal(0.01, 0.01, (n, draws))
            change = y - x
            middle, replicates = change.mean(0), weights_of(n) @ change / n
            cells = {
                kind: held(*interval_ends(middle, replicates, (change - middle) / (n - 1), n, settings), 0.01)
                for kind, settings in kinds.items()
            }
            other = draw(random, (3 * n, draws))
            influence = [(other - other.mean(0)) / (3 * n - 1), -(x - x.mean(0)) / (n - 1)]
            replicates = weights_of(3 * n) @ other / (3 * n) - weights_of(n) @ x / n
            gap, both = other.mean(0) - x.mean(0), np.concatenate(influence)
            cells |= {
                kind.replace("paired", "groups"): held(*interval_ends(gap, replicates, both, n, settings), 0.0)
                for kind, settings in kinds.items()
            }
            table.row(name, n, cells)


def binormal(random: np.random.Generator, shape: tuple[int, ...], apart: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Truths (40 % with the class) and calibrated probabilities from normal scores that lie ``apart``."""
    truth = random.random(shape) < 0.4
    score = random.normal(0, 1, shape) + apart * truth
    return truth, 1 / (1 + 1.5 * np.exp(-apart * (score - apart / 2)))


def class_figures(weights: np.ndarray, truth: np.ndarray, sure: np.ndarray) -> np.ndarray:
    said = sure >= 0.5
    tp, fn, fp, tn = (weights @ cell for cell in (truth & said, truth & ~said, ~truth & said, ~truth & ~said))
    confusion = np.stack([np.stack([tn, fp], 1), np.stack([fn, tp], 1)], 1)
    total = weights.sum(1)
    return np.stack(
        [
            weighted_auroc(weights, truth, sure),
            weighted_average_precision(weights, truth, sure),
            weighted_rates(tp + tn, fp + fn),
            mean_of_defined(np.stack([weighted_rates(tp, fn), weighted_rates(tn, fp)], 1)),
            weighted_rates(tp, fn),
            weighted_rates(tn, fp),
            weighted_rates(tp, fp),
            weighted_rates(tn, fn),
            weighted_rates(2 * tp, fp + fn),
            weighted_kappa(confusion),
            weights @ (sure - truth) ** 2 / total,
            weights @ -np.log(np.where(truth, sure, 1 - sure)) / total,
        ],
        1,
    )


FIGURES = (
    *("AUROC", "average precision", "accuracy", "balanced accuracy", "sensitivity", "specificity", "PPV", "NPV"),
    *("F1", "kappa", "Brier score", "log loss"),
)


def classes(draws: int) -> None:
    kinds = {kind: KINDS[kind] for kind in ("percentile, widened", "BCa, widened")}
    table = Table("Classes: coverage in % (subjects have one case each)", [*kinds, "DeLong / Wilson"])
    truth, sure = binormal(np.random.default_rng(99), (1, 4_000_000))
    truths = class_figures(np.ones((1, sure.size)), truth[0], sure[0])[0]
    for n in SIZES:
        truth, sure = binormal(np.random.default_rng([11, n]), (draws, n))
        names = [f"s{i:03d}" for i in range(n)]
        found = {kind: np.full((2, len(FIGURES), draws), np.nan) for kind in (*kinds, "DeLong / Wilson")}
        for d in range(draws):
            if min(truth[d].sum(), (~truth[d]).sum()) < 5:
                continue
            figures = partial(class_figures, truth=truth[d], sure=sure[d])
            sample = resample(figures, names, BootstrapSettings(samples=SAMPLES, seed=d))
            sample_ok = np.isfinite(sample.estimate) & (sample.defined >= 0.9)
            for kind, settings in kinds.items():
                ends = interval_ends(
                    sample.estimate[sample_ok],
                    sample.replicates[:, sample_ok],
                    sample.influence[:, sample_ok],
                    n,
                    settings,
                )
                found[kind][:, sample_ok, d] = ends
            area = delong_auroc(truth[d], sure[d])
            found["DeLong / Wilson"][:, 0, d] = [np.nan if v is None else v for v in (area.low, area.high)]
            said, true = sure[d] >= 0.5, truth[d]
            shares = ((true == said, true | ~true), *((said, true), (~said, ~true), (true, said), (~true, ~said)))
            for place, (hit, of) in zip((2, 4, 5, 6, 7), shares, strict=True):
                ends = wilson_interval(int((hit & of).sum()), int(of.sum())) or (np.nan, np.nan)
                found["DeLong / Wilson"][:, place, d] = ends
        for place, figure in enumerate(FIGURES):
            cells = {
                k: held(*ends[:, place], truths[place]) for k, ends in found.items() if (ends[:, place] > -9).any()
            }
            table.row(figure, n, cells)


def rates(draws: int) -> None:
    """Subjects with 1 to 5 cases each, which resemble each other by an intraclass correlation."""
    table = Table("Rates of several cases a subject: coverage in %", ["BCa, widened", "Wilson, clustered", "Wilson"])
    for share, alike in ((0.7, 0.3), (0.9, 0.0), (0.9, 0.3), (0.9, 0.7), (0.97, 0.3)):
        for n in SIZES:
            weights, found = weights_of(n), {column: np.full((2, draws), np.nan) for column in table.columns}
            for d in range(draws):
                random = np.random.default_rng([23, n, d])
                numbers = random.integers(1, 6, n)
                spread = (1 - alike) / alike if alike else None
                own = share if spread is None else random.beta(share * spread, (1 - share) * spread, n)
                hits = random.binomial(numbers, own)
                found["Wilson, clustered"][:, d] = clustered_wilson(hits, numbers) or np.nan
                found["Wilson"][:, d] = wilson_interval(int(hits.sum()), int(numbers.sum())) or np.nan
                replicates = (weights @ hits / (weights @ numbers))[:, None]
                estimate = hits.sum() / numbers.sum()
                influence = estimate - (hits.sum() - hits) / (numbers.sum() - numbers)
                ends = interval_ends([estimate], replicates, influence[:, None], n, DEFAULT)
                found["BCa, widened"][:, d] = ends[:, 0]
            cells = {column: held(*ends, share) for column, ends in found.items()}
            table.row(f"{100 * share:g} %, correlation {alike:g}", n, cells)


def boxes(draws: int) -> None:
    kinds = {kind: KINDS[kind] for kind in ("percentile, widened", "BCa, widened")}
    rates = (0.125, 0.5, 1.0, 4.0)
    titles = [*(f"sensitivity at {rate:g} FP" for rate in rates), "AP50"]
    table = Table("Boxes: coverage in % (one image a subject)", kinds)

    def draw(random: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
        there, false = random.poisson(1.2, n), random.poisson(2.0, n)
        hit = random.random(int(there.sum())) < 0.85
        scores = np.concatenate([random.normal(1.4, 1, int(hit.sum())), random.normal(0, 1, int(false.sum()))])
        image = np.concatenate([np.repeat(np.arange(n), there)[hit], np.repeat(np.arange(n), false)])
        return there, np.arange(len(scores)) < hit.sum(), scores, image

    def figures(w: np.ndarray, there: np.ndarray, right: np.ndarray, scores: np.ndarray, image: np.ndarray):
        drawn, number = w[:, image], w @ there
        curve = weighted_froc(drawn, right, scores, number, w.sum(1), rates)
        return np.column_stack([curve, weighted_box_precision(drawn, right, scores, number)])

    truths = figures(np.ones((1, 1_000_000)), *draw(np.random.default_rng(98), 1_000_000))[0]
    for n in SIZES:
        found = {kind: np.full((2, len(titles), draws), np.nan) for kind in kinds}
        for d in range(draws):
            data = draw(np.random.default_rng([13, n, d]), n)
            settings = BootstrapSettings(samples=500, seed=d)  # curves are slow one by one
            sample = resample(
                lambda w, data=data: figures(w, *data), [f"s{i:03d}" for i in range(n)], settings, width=len(data[2])
            )
            for kind, chosen in kinds.items():
                found[kind][:, :, d] = interval_ends(sample.estimate, sample.replicates, sample.influence, n, chosen)
        for place, title in enumerate(titles):
            table.row(title, n, {kind: held(*ends[:, place], truths[place]) for kind, ends in found.items()})


def volumes(draws: int) -> None:
    table = Table("Bland-Altman: coverage in %", ["bias", "lower limit", "upper limit"])
    shapes = {"normal": lambda r, s: r.normal(0.3, 1, s), "skewed": lambda r, s: r.gamma(4, 0.5, s)}
    for name, draw in shapes.items():
        big = draw(np.random.default_rng(5), (4_000_000,))
        truths = big.mean(), *(big.mean() + side * 1.959964 * big.std() for side in (-1, 1))
        for n in SIZES:
            found = np.empty((3, 2, draws))
            for d in range(draws):
                limits = agreement_limits(draw(np.random.default_rng([15, n, d]), (n,)), [str(i) for i in range(n)])
                for place, part in enumerate((limits.bias, limits.lower, limits.upper)):
                    found[place, :, d] = part.low, part.high
            titles = ("bias", "lower limit", "upper limit")
            table.row(name, n, {t: held(*found[p], truths[p]) for p, t in enumerate(titles)})


PARTS = {work.__name__: work for work in (means, medians, differences, classes, rates, boxes, volumes)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    print(f"{arguments.draws} draws, {SAMPLES} resamples; all intervals at 95 %, all tests at 5 %")
    for name in arguments.only.split(","):
        start = time.perf_counter()
        PARTS[name](arguments.draws)
        print(f"({name}: {time.perf_counter() - start:.0f} s)")


if __name__ == "__main__":
    main()
