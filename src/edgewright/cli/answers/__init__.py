"""What `run` makes of its answers: tables, lines, documents."""
