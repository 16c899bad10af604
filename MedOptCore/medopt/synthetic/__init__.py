"""Made-up scans for demonstrations and tests: MR-like volumes with two adjoining structures, no data set needed."""

from medopt.synthetic.case import make_case
from medopt.synthetic.cohort import STRUCTURES, SUBJECT_PATTERN, Cohort, CohortCase, Structure, write_cohort

__all__ = ["STRUCTURES", "SUBJECT_PATTERN", "Cohort", "CohortCase", "Structure", "make_case", "write_cohort"]
