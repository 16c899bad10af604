"""CLAIM, 2024 update: Tejani et al., Radiology: Artificial Intelligence 2024;6(4):e240300. Items in our own words."""

from __future__ import annotations

from medopt.report.checklists.item import Item

TITLE = "CLAIM 2024"

SOURCE = (
    "Tejani AS et al. Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024 update. "
    "Radiol Artif Intell 2024;6(4):e240300. Short wording by MedOpt; use the published list for a submission."
)

_FRONT, _DESIGN, _DATA = "Title and introduction", "Study design", "Data"
_REFERENCE, _PARTS, _MODEL = "Reference standard", "Partitions", "Model"
_TRAINING, _EVALUATION, _RESULTS, _REST = "Training", "Evaluation", "Results", "Discussion and other"

ITEMS = (
    Item("1", _FRONT, "Title or abstract names the kind of AI", "kind"),
    Item("2", _FRONT, "Structured abstract"),
    Item("3", _FRONT, "Background, intended use and clinical role"),
    Item("4", _FRONT, "Aims and hypotheses"),
    Item("5", _DESIGN, "Prospective or retrospective"),
    Item("6", _DESIGN, "Goal of the study", "goal"),
    Item("7", _DATA, "Where the data come from", "sources"),
    Item("8", _DATA, "Inclusion and exclusion criteria"),
    Item("9", _DATA, "Preprocessing", "preprocessing"),
    Item("10", _DATA, "Which subset of the data was taken, and how", "subset"),
    Item("11", _DATA, "De-identification", "deidentification"),
    Item("12", _DATA, "Missing data", "missing"),
    Item("13", _DATA, "Image acquisition", "acquisition"),
    Item("14", _REFERENCE, "How the reference is defined and obtained", "reference"),
    Item("15", _REFERENCE, "Why this reference"),
    Item("16", _REFERENCE, "Who made the reference annotations"),
    Item("17", _REFERENCE, "How the test cases were annotated"),
    Item("18", _REFERENCE, "Agreement between and within annotators", "agreement"),
    Item("19", _PARTS, "How data were assigned to partitions", "partitions"),
    Item("20", _PARTS, "At which level partitions are disjoint", "disjoint"),
    Item("21", _PARTS, "Intended size of the test set", "size"),
    Item("22", _MODEL, "Architecture, inputs and outputs", "model"),
    Item("23", _MODEL, "Software and versions", "software"),
    Item("24", _MODEL, "Initialisation of the parameters", "initialisation"),
    Item("25", _TRAINING, "Training, augmentation and hyper-parameters", "training"),
    Item("26", _TRAINING, "How the final model was chosen", "selection"),
    Item("27", _TRAINING, "Ensembles", "ensemble"),
    Item("28", _EVALUATION, "Metrics of performance", "metrics"),
    Item("29", _EVALUATION, "Uncertainty and significance", "uncertainty"),
    Item("30", _EVALUATION, "Robustness and sensitivity", "robustness"),
    Item("31", _EVALUATION, "Explanations and their validation", "explanations"),
    Item("32", _EVALUATION, "Testing on internal data", "internal"),
    Item("33", _EVALUATION, "Testing on external data", "external"),
    Item("34", _EVALUATION, "Registration of a clinical trial"),
    Item("35", _RESULTS, "Numbers included and excluded", "flow"),
    Item("36", _RESULTS, "Demographic and clinical characteristics of each partition", "demographics"),
    Item("37", _RESULTS, "Performance on all partitions, and in subgroups", "parts_and_groups"),
    Item("38", _RESULTS, "Estimates with their precision", "estimates"),
    Item("39", _RESULTS, "Analysis of failures", "failures"),
    Item("40", _REST, "Limitations", "limitations"),
    Item("41", _REST, "Implications for practice"),
    Item("42", _REST, "Where the full protocol is", "protocol"),
    Item("43", _REST, "Availability of software, model and data", "availability"),
    Item("44", _REST, "Funding"),
)
"""The 44 items."""
