"""Statistical strategic models: payoffs of a small game estimated from what was observed."""
