"""Ways to say which case to label next: a file each, pure functions of the candidates, with a reason for each case."""

from medopt.labelling.strategies.registry import DEFAULT, STRATEGIES, strategy_of
from medopt.labelling.strategies.strategy import Candidate, Choice, Context, Doubt, Entropy, Strategy

__all__ = ["DEFAULT", "STRATEGIES", "Candidate", "Choice", "Context", "Doubt", "Entropy", "Strategy", "strategy_of"]
