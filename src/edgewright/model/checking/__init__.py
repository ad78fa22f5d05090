"""What a runtime relies on without looking: held before anything runs a file."""
