"""Review: what waits for a person, who looks at it, what they decide, and what was decided."""
