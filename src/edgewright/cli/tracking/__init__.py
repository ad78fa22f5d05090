"""What `edgewright run VIDEO --track` does with the things that it follows."""
