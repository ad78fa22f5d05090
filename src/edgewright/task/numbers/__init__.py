"""A model's numbers on the way to its decoder: real ones of stored ones, whether they are any, and scores of them."""
