"""The model held against its record: parameters given what happened, by Markov chains."""
