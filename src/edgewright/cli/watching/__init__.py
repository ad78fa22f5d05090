"""What `edgewright watch` takes, where it is a subject of its own."""
