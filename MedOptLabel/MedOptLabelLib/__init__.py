"""Presenters of the MedOptLabel panel: which case, what was painted, how long it took. No Qt."""
