"""Presenters of the MedOptValidate panel: results, cases side by side, plots, models, reports. No Qt."""
