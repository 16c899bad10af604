"""TRIPOD+AI: Collins et al., BMJ 2024;385:e078378. Items in our own words."""

from __future__ import annotations

from medopt.report.checklists.item import Item

TITLE = "TRIPOD+AI"

SOURCE = (
    "Collins GS et al. TRIPOD+AI statement: updated guidance for reporting clinical prediction models that use "
    "regression or machine learning methods. BMJ 2024;385:e078378. Short wording by MedOpt; use the published list for "
    "a submission."
)

_FRONT, _DATA, _OUTCOME = "Title and introduction", "Methods: data", "Methods: outcome and predictors"
_ANALYSIS, _OPEN, _RESULTS, _END = "Methods: analysis", "Open science", "Results", "Discussion"

ITEMS = (
    Item("1", _FRONT, "Title: development or evaluation, target population, outcome", "kind"),
    Item("2", _FRONT, "Abstract by the list for abstracts"),
    Item("3a", _FRONT, "Healthcare context and rationale"),
    Item("3b", _FRONT, "Target population, purpose and users"),
    Item("3c", _FRONT, "Known health inequalities"),
    Item("4", _FRONT, "Objectives: development, evaluation or both", "goal"),
    Item("5a", _DATA, "Sources of the data and how representative they are", "sources"),
    Item("5b", _DATA, "Dates of data collection"),
    Item("6a", _DATA, "Setting, number and place of centres", "acquisition"),
    Item("6b", _DATA, "Eligibility criteria"),
    Item("6c", _DATA, "Treatments"),
    Item("7", _DATA, "Preparation and quality checks of the data", "preprocessing"),
    Item("8a", _OUTCOME, "The outcome, how and when it was assessed", "reference"),
    Item("8b", _OUTCOME, "Who assessed the outcome"),
    Item("8c", _OUTCOME, "Blinding of the outcome's assessment"),
    Item("9a", _OUTCOME, "Choice of predictors", "predictors"),
    Item("9b", _OUTCOME, "Definition and measurement of predictors", "acquisition"),
    Item("9c", _OUTCOME, "Who assessed predictors, if that is subjective", "no_assessors"),
    Item("10", _DATA, "Size of the study and its justification", "size"),
    Item("11", _DATA, "Missing data", "missing"),
    Item("12a", _ANALYSIS, "How the data were used and partitioned", "partitions"),
    Item("12b", _ANALYSIS, "How predictors were scaled and transformed", "preprocessing"),
    Item("12c", _ANALYSIS, "Model, building steps, tuning, internal validation", "building"),
    Item("12d", _ANALYSIS, "Differences between clusters such as hospitals", "clusters"),
    Item("12e", _ANALYSIS, "Measures and plots of performance", "metrics"),
    Item("12f", _ANALYSIS, "Updating of the model", "updating"),
    Item("12g", _ANALYSIS, "How predictions were calculated", "calculation"),
    Item("13", _ANALYSIS, "Handling of class imbalance", "imbalance"),
    Item("14", _ANALYSIS, "Fairness", "fairness"),
    Item("15", _ANALYSIS, "What the model puts out, and thresholds", "output"),
    Item("16", _ANALYSIS, "Differences between development and evaluation data", "differences"),
    Item("17", _ANALYSIS, "Ethical approval and consent"),
    Item("18a", _OPEN, "Funding"),
    Item("18b", _OPEN, "Conflicts of interest"),
    Item("18c", _OPEN, "Protocol", "protocol"),
    Item("18d", _OPEN, "Registration"),
    Item("18e", _OPEN, "Availability of the data"),
    Item("18f", _OPEN, "Availability of the code", "availability"),
    Item("19", _OPEN, "Involvement of patients and the public"),
    Item("20a", _RESULTS, "Flow of participants, with and without the outcome", "flow"),
    Item("20b", _RESULTS, "Characteristics of participants", "demographics"),
    Item("20c", _RESULTS, "Evaluation against development data", "differences"),
    Item("21", _RESULTS, "Participants and outcome events in each analysis", "events"),
    Item("22", _RESULTS, "The full model, so that others can use it", "calculation"),
    Item("23a", _RESULTS, "Performance with intervals, also in subgroups", "parts_and_groups"),
    Item("23b", _RESULTS, "Differences in performance between clusters", "clusters"),
    Item("24", _RESULTS, "Results of updating", "updating"),
    Item("25", _END, "Interpretation, with fairness"),
    Item("26", _END, "Limitations", "limitations"),
    Item("27a", _END, "Poor or missing input data in use", "poor_input"),
    Item("27b", _END, "What users must do, and what they must know"),
    Item("27c", _END, "Next steps, applicability and generalisability"),
)
"""The 27 items in their 52 parts."""
