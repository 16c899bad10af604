"""Made-up scans for demonstrations and tests, no data set needed: two adjoining structures, or lesions with boxes."""

from medopt.synthetic.case import make_case
from medopt.synthetic.cohort import STRUCTURES, SUBJECT_PATTERN, Cohort, CohortCase, write_cohort
from medopt.synthetic.lesion_cohort import write_box_cohort, write_class_cohort
from medopt.synthetic.lesions import FINDINGS, LESIONS, Lesion, LesionCase, make_lesions
from medopt.synthetic.structure import Structure

__all__ = [
    "FINDINGS",
    "LESIONS",
    "STRUCTURES",
    "SUBJECT_PATTERN",
    "Cohort",
    "CohortCase",
    "Lesion",
    "LesionCase",
    "Structure",
    "make_case",
    "make_lesions",
    "write_box_cohort",
    "write_class_cohort",
    "write_cohort",
]
