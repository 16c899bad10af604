"""Labelling with the help of a model: which case next, proposals, corrections, effort, and when to stop."""
