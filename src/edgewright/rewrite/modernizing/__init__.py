"""What the pass `modernize` is made of: rules, a plan of islands, constants and weights in their new numbers."""
