"""Strict stand-ins for qt, ctk and the parts of slicer that need the application.

They are made from facts read in a running Slicer (api_facts.json): an unknown attribute, a wrong signal signature,
a value of the wrong type or a property called like a method is an error, as it is in PythonQt.
"""
