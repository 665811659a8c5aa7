"""Measures Winnow beside its budgets: `make bench`."""
