"""One request: from a trained run to the fastest model that keeps its accuracy."""
