"""What of a search another machine does: speed and memory, where a model is to run."""
