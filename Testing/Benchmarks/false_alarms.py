"""How often tests find a difference where there is none, by simulation: the ground for MedOpt's choices.

Draws pairs of models that are equally good on samples of n subjects, makes each test that MedOpt has, and counts
p-values below 0.05, of which there should be 5 in 100 or fewer; with 1,000 draws the standard error is 0.7. Calibration
errors of right probabilities are set against what chance gives in the same way. Takes a few minutes on one core. Run:
    python Testing/Benchmarks/false_alarms.py [--draws 1000] [--only tests,folds,calibration]
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy is loaded

import argparse
import time

import numpy as np
from coverage import DEFAULT, SIZES, Table, binormal
from scipy import stats

from medopt.metrics import calibration_error, delong_difference, expected_by_chance, reliability
from medopt.validation.resampling import resample
from medopt.validation.settings import OF_DIFFERENCES
from medopt.validation.significance import bootstrap_test, holm, mcnemar, nadeau_bengio, wilcoxon
from medopt.validation.weighted import weighted_auroc


def tests(draws: int) -> None:
    columns = ["Wilcoxon", "bootstrap, mean", "same by BCa", "DeLong", "bootstrap, AUROC", "same by BCa, AUROC"]
    columns += ["McNemar", "Holm over 10 Wilcoxon"]
    table = Table("Tests of equal models: p < 0.05 in % of draws", columns)
    for n in SIZES:
        names = [f"s{i:03d}" for i in range(n)]
        small: dict[str, list[bool]] = {column: [] for column in columns}
        for d in range(draws):
            random = np.random.default_rng([17, n, d])
            # differences of exchangeable models are symmetric; with a heavy tail
            x, y = random.beta(45, 6, (2, n)) - (random.random((2, n)) < 0.05) * 0.4
            small["Wilcoxon"].append(wilcoxon(x, y, names).p_value < 0.05)
            truth = np.arange(n) < 0.4 * n
            common = random.normal(0, 1, n) + 1.5 * truth
            one, other = common + random.normal(0, 1, (2, n))
            settings = OF_DIFFERENCES.model_copy(update={"samples": 1000, "seed": d})

            def figures(w, x=x, y=y, truth=truth, one=one, other=other, n=n):
                area = weighted_auroc(w, truth, one) - weighted_auroc(w, truth, other)
                return np.stack([w @ (y - x) / w.sum(1), area], 1)

            sample = resample(figures, names, settings)
            for way, after in (
                (settings, ("bootstrap, mean", "bootstrap, AUROC")),
                (DEFAULT, ("same by BCa", "same by BCa, AUROC")),
            ):
                for column, (_, said) in zip(after, bootstrap_test(sample, [n, n], [n, n], way), strict=True):
                    small[column].append(said.p_value is not None and said.p_value < 0.05)
            small["DeLong"].append(delong_difference(truth, one, other).p < 0.05)
            right = (random.random((2, n)) < 0.3) | (random.random(n) < 0.7)
            small["McNemar"].append(mcnemar(*right, names).p_value < 0.05)
            shared = random.normal(0, 1, n)
            family = [wilcoxon(shared, 2 * shared - s, names).p_value for s in random.normal(0, 1, (10, n))]
            small["Holm over 10 Wilcoxon"].append(min(holm(family)) < 0.05)
        table.row("", n, {column: f"{100 * np.mean(values):.1f}" for column, values in small.items()})


def folds(draws: int) -> None:
    """Two learners that are equally good on average: nearest-centroid rules, each on half of ten features."""
    table = Table("Tests over folds of equal learners: p < 0.05 in % of draws", ["corrected t", "plain t"])
    for n, k in ((50, 5), (200, 5), (200, 10)):
        corrected, plain = [], []
        for d in range(draws):
            random = np.random.default_rng([19, n, k, d])
            truth = random.permutation(n) % 2 == 0
            x = random.normal(0, 1, (n, 10)) + 0.4 * truth[:, None]
            part = random.permutation(n) % k
            scores = np.zeros((2, k))
            for fold in range(k):
                train, test = part != fold, part == fold
                for learner in range(2):
                    some = x[:, 5 * learner : 5 * learner + 5]
                    middle = [some[train & (truth == kind)].mean(0) for kind in (False, True)]
                    closer = ((some - middle[0]) ** 2).sum(1) > ((some - middle[1]) ** 2).sum(1)
                    scores[learner, fold] = (closer == truth)[test].mean()
            sizes = [int((part != f).sum()) for f in range(k)], [int((part == f).sum()) for f in range(k)]
            corrected.append(nadeau_bengio(*scores, *sizes)[1].p_value < 0.05)
            plain.append(stats.ttest_rel(*scores).pvalue < 0.05)
        cells = {"corrected t": f"{100 * np.mean(corrected):.1f}", "plain t": f"{100 * np.mean(plain):.1f}"}
        table.row(f"{k} folds", n, cells)


def calibration(draws: int) -> None:
    """Probabilities that are right by construction: how large is their error, and how often is it taken for one?"""
    columns = ["mean error", "expected by chance", "above 95th percentile, %"]
    table = Table("Expected calibration error of right probabilities, 10 bins", columns)
    for n in SIZES:
        truth, sure = binormal(np.random.default_rng([21, n]), (draws, n))
        for binning in ("width", "mass"):
            pairs = list(zip(truth, sure, strict=True))
            errors = np.array([calibration_error(reliability(t, p, binning=binning)) for t, p in pairs])
            chance = np.array([expected_by_chance(t, p, binning=binning) for t, p in pairs])
            above = f"{100 * np.mean(errors > chance[:, 1]):.1f}"
            cells = (f"{errors.mean():.3f}", f"{chance[:, 0].mean():.3f}", above)
            table.row(f"bins of equal {binning}", n, dict(zip(columns, cells, strict=True)))


PARTS = {work.__name__: work for work in (tests, folds, calibration)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--only", default=",".join(PARTS))
    arguments = parser.parse_args()
    print(f"{arguments.draws} draws; all tests at 5 %")
    for name in arguments.only.split(","):
        start = time.perf_counter()
        PARTS[name](arguments.draws)
        print(f"({name}: {time.perf_counter() - start:.0f} s)")


if __name__ == "__main__":
    main()
