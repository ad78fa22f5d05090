"""What the pass `modernize` is made of: rules, a plan of islands, constants, weights and what is added for them."""
