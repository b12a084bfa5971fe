"""Solving games: many of one shape at once, or one with its names."""

from reassure.engine.games.batch import WORDS, Solution, Solver
from reassure.engine.games.single import Profile, Solved, outcome_probabilities, solve
from reassure.engine.games.tracer import FOLD, RESIDUAL, SEVERAL, UNFINISHED

__all__ = [
    "FOLD",
    "RESIDUAL",
    "SEVERAL",
    "UNFINISHED",
    "WORDS",
    "Profile",
    "Solution",
    "Solved",
    "Solver",
    "outcome_probabilities",
    "solve",
]
