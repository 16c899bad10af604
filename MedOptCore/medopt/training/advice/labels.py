"""What follows from how classes are shared out: balancing, the loss, and where patches lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medopt.augment.balance import BalanceSettings
from medopt.project import ClassInfo
from medopt.training.advice.records import Figure, Reason

IMBALANCE = 3.0
"""Ratio of the commonest to the rarest class from which cases are balanced."""
UNEVEN = 2.0
"""The same ratio, from which exclusive classes of images count alike in the loss, if cases are not balanced."""
BALANCE_TARGET = 0.5
"""Then the rarest comes at least so often, as a share of the commonest."""
SMALL_SHARE = 0.001
"""Share of a case's voxels below which a structure is small."""
FOREGROUND, FOREGROUND_RARE = 0.5, 0.67
"""Share of patches centred on a structure; the second where all labels together fill less than SMALL_SHARE."""


def choose_balance(counts: Mapping[int, int], classes: Sequence[ClassInfo]) -> tuple[BalanceSettings, Reason]:
    """How often cases of rare classes come; ``counts`` are training cases that hold each class, by its value."""
    names = {info.value: info.name for info in classes}
    met = {value: count for value, count in counts.items() if count}
    figures: dict[str, Figure] = {f"cases with {names[value]}": count for value, count in list(counts.items())[:12]}
    ratio = max(met.values()) / min(met.values()) if met else 1.0
    figures["ratio"] = round(ratio, 2)
    if ratio > IMBALANCE:
        rarest, commonest = names[min(met, key=met.__getitem__)], names[max(met, key=met.__getitem__)]
        settings = BalanceSettings(target=BALANCE_TARGET)
        why = (
            f"Cases with {commonest} are {ratio:.1f} times as many as cases with {rarest}, so each class is met at "
            f"least {100 * BALANCE_TARGET:.0f} % as often as the commonest."
        )
        return settings, Reason("balance", settings.model_dump(mode="json"), why, figures, "balance.rare")
    settings = BalanceSettings()
    why = (
        f"The commonest class is in {ratio:.1f} times as many cases as the rarest; up to {IMBALANCE:g} nothing changes."
    )
    return settings, Reason("balance", settings.model_dump(mode="json"), why, figures, "balance.off")


def choose_loss(
    task: str, shares: Mapping[int, float], counts: Mapping[int, int], classes: Sequence[ClassInfo], *, exclusive: bool
) -> tuple[dict[str, Any], Reason]:
    """The loss as fields of LossSettings that differ from the default; ``shares`` of a case's voxels by class value."""
    names = {info.value: info.name for info in classes}
    if task == "segmentation" and shares:
        value, share = min(shares.items(), key=lambda item: item[1])
        figures: dict[str, Figure] = {f"share of {names.get(v, v)}": float(f"{s:.3g}") for v, s in shares.items()}
        if share < SMALL_SHARE:
            chosen = {"name": "tversky_ce"}
            why = (
                f"{names.get(value, value)} fills {100 * share:.2g} % of a case, so misses count more than false "
                "alarms: Tversky with cross-entropy."
            )
            return chosen, Reason("loss.name", "tversky_ce", why, figures, "loss.small")
        why = (
            f"Dice and cross-entropy; the smallest structure, {names.get(value, value)}, fills {100 * share:.2g} % of "
            "a case, enough for it."
        )
        return {}, Reason("loss.name", "auto", why, figures, "loss.default")
    met = [count for count in counts.values() if count]
    ratio = max(met) / min(met) if met else 1.0
    if task == "classification" and exclusive and ratio > UNEVEN:
        many = f"The commonest class has {ratio:.1f} times as many cases as the rarest, so"
        figure: dict[str, Figure] = {"ratio": round(ratio, 2)}
        if ratio > IMBALANCE:
            why = f"{many} the rare ones weigh more."
            return {"name": "weighted_ce"}, Reason("loss.name", "weighted_ce", why, figure, "loss.imbalance")
        why = f"{many} all count alike in sum: elsewhere they may be met in another ratio."
        even: dict[str, Any] = {"name": "weighted_ce", "balance_power": 1.0}
        return even, Reason("loss.name", "weighted_ce", why, figure, "loss.uneven")
    what = {"classification": "Cross-entropy", "detection": "The loss of centre heat maps"}.get(
        task, "Dice and cross-entropy"
    )
    return {}, Reason("loss.name", "auto", f"{what}, the usual loss of this task.", {}, "loss.default")


def choose_foreground(task: str, shares: Mapping[int, float]) -> tuple[float, Reason]:
    """Share of patches that are centred on a structure."""
    field = "training.foreground_share"
    total = sum(shares.values())
    figures: dict[str, Figure] = {"labelled_share": float(f"{total:.3g}")} if shares else {}
    if task == "segmentation" and shares and total < SMALL_SHARE:
        why = f"All structures together fill {100 * total:.2g} % of a case, so two of three patches are centred on one."
        return FOREGROUND_RARE, Reason(field, FOREGROUND_RARE, why, figures, "foreground.rare")
    why = "Every other patch is centred on a structure, each structure of the case equally often."
    if task == "classification":
        why = "The patch is the whole image, so its place does not matter."
    return FOREGROUND, Reason(field, FOREGROUND, why, figures, "foreground.half")
