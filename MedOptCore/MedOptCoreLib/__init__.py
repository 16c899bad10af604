"""What the MedOpt panels share: presenters without Qt, and the two widgets that all three show."""
