"""Bodies and hands as named points: which there are, and how the heads of several networks say where they are."""
