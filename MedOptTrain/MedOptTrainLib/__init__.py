"""Presenters of the MedOptTrain panel: recipe, training, curves, runs. No Qt."""
