"""Which class each annotator chose in each case: kappa of pairs (Cohen) and of all (Fleiss), with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from medopt.image import ClassLabel
from medopt.labelling.agreement.records import EVERYBODY, AgreementRow
from medopt.metrics.fleiss_kappa import weighted_fleiss_kappa
from medopt.project import ProjectSettings
from medopt.validation import BootstrapSettings, Interval
from medopt.validation.resampling import Statistic, intervals, resample
from medopt.validation.weighted import weighted_kappa


@dataclass(frozen=True, eq=False)
class Question:
    """What every annotator answered in every case.

    Parameters
    ----------
    structure : the class whose presence is asked for, "all" for a choice among exclusive classes
    options : how many answers there are
    answers : (cases, annotators) index of the answer, -1 for none
    """

    structure: str
    options: int
    answers: NDArray[np.int64]


def questions_of(labels: Sequence[Sequence[ClassLabel | None]], settings: ProjectSettings) -> list[Question]:
    """The questions that classification asks: one choice, or the presence of each class where several are allowed.

    ``labels`` are those of each case, one of each annotator, None where there is none.
    """
    if not settings.multi_label:
        index = {info.value: n for n, info in enumerate(settings.classes)}
        answers = [[-1 if one is None or not one.present else index[one.present[0]] for one in row] for row in labels]
        return [Question("all", len(index), _table(answers))]
    return [
        Question(
            info.name,
            2,
            _table(
                [
                    [-1 if one is None or info.value in one.unjudged else int(info.value in one.present) for one in row]
                    for row in labels
                ]
            ),
        )
        for info in settings.classes
    ]


def kappa_rows(
    question: Question, annotators: Sequence[str], subjects: Sequence[str], settings: BootstrapSettings
) -> list[AgreementRow]:
    """Cohen's kappa of each pair and Fleiss' kappa of all, with intervals over subjects.

    Kappa is not defined where chance alone agrees, as when everybody always gives one answer; then it is None and the
    interval says so. Pairs without a common case have no row, and with two annotators Fleiss' kappa is left out.
    """
    rows = []
    for one, other in combinations(range(len(annotators)), 2):
        pair = question.answers[:, [one, other]]
        both = np.asarray((pair >= 0).all(axis=1))
        if not both.any():
            continue
        value = _interval(_cohen(pair[both], question.options), _chosen(subjects, both), settings)
        rows.append(AgreementRow(annotators[one], annotators[other], question.structure, "kappa", value))
    several = (question.answers >= 0).sum(axis=1) > 1
    if len(annotators) > 2 and several.any():
        counts = np.stack([(question.answers[several] == n).sum(axis=1) for n in range(question.options)], axis=1)
        value = _interval(
            lambda weights: weighted_fleiss_kappa(counts.astype(float), weights)[:, None],
            _chosen(subjects, several),
            settings,
        )
        rows.append(AgreementRow(EVERYBODY, "", question.structure, "fleiss", value))
    return rows


def _cohen(pair: NDArray[np.int64], options: int) -> Statistic:
    cells = np.zeros((len(pair), options * options))
    cells[np.arange(len(pair)), pair[:, 0] * options + pair[:, 1]] = 1
    return lambda weights: weighted_kappa((weights @ cells).reshape(-1, options, options))[:, None]


def _interval(statistic: Statistic, subjects: Sequence[str], settings: BootstrapSettings) -> Interval:
    return intervals(resample(statistic, subjects, settings), [len(subjects)], [len(set(subjects))], settings)[0]


def _chosen(subjects: Sequence[str], which: NDArray[np.bool_]) -> list[str]:
    return [subject for subject, taken in zip(subjects, which, strict=True) if taken]


def _table(answers: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    return np.asarray(answers, np.int64).reshape(len(answers), -1)
