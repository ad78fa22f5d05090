"""Which results are worth an event: rules, each a chain of predicates over observations."""
