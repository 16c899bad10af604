"""What the report cannot tell."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Points, Section
from medopt.report.record import Record
from medopt.report.text import count
from medopt.validation import MEAN

FEW = 30
"""Below so many subjects the report says that rare failures may not have shown."""


_USE = {
    "segmentation": "Overlap and distances say little about use: a small error may matter and a large one may not.",
    "classification": "PPV, NPV and accuracy hold for classes that are as frequent as here. Elsewhere they "
    "change, and the "
    "threshold may have to.",
    "detection": "An overlap of one half is a convention: a box that is found may still be too loose or too tight "
    "for a use.",
}


_SAME = (
    "The subjects come from the same collection as the training subjects. Other scanners, protocols, ages and diseases "
    "were not tried; validate on another institution's project before use there."
)

_ELSEWHERE = (
    "The subjects come from one other collection. A third one may differ again, and what differs between the two "
    "collections besides the images (patients, disease, who annotated) is not told apart here."
)


def build(record: Record, project: Project | None) -> Section | None:
    """The limits that follow from the record."""
    return Section("What this cannot tell", "limits", [Points(limits(record))])


def limits(record: Record) -> list[str]:
    """Sentences on what the figures do not cover, from the record and from what it lacks."""
    results = record.results
    if results is None:
        return ["Nothing was measured on subjects that the model never saw."]
    said = []
    if results.subset in ("train", "validation"):
        said.append(
            f"These figures are of the {results.subset} part, which took part in training or in choosing the weights. "
            "They are too good for new subjects."
        )
    subjects = results.row(MEAN, results.main_metric).n_subjects if results.cases else 0
    if subjects < FEW:
        # the rule of three: an event that was never seen in n subjects may still be as frequent as 3/n
        missed = min(100, round(300 / max(subjects, 1)))
        said.append(
            f"{count(subjects, 'subject')} are few: a kind of failure that happens in up to {missed} of 100 subjects "
            "may not have shown at all (rule of three)."
        )
    said += [
        _ELSEWHERE if record.external is not None else _SAME,
        "The interval covers the choice of subjects. It does not cover another split, another training of the same "
        "recipe or another annotator.",
        "The references were taken as true. Where annotators disagree, no model can agree with both.",
        _USE[results.task],
    ]
    if record.gap is None and results.subset == "test":
        said.append("The training cases were not measured, so overfitting cannot be judged.")
    if results.left_out:
        number = count(len(results.left_out), "case")
        said.append(f"{number} could not be measured; if these are the hard ones, the means are too good.")
    return [*said, "This is research software. It is not a medical device."]
