"""Games: shapes, solvers, what is read off a solution."""
