"""What an agent is told: its settings, from Python or a TOML file."""
