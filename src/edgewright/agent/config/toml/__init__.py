"""An agent described in a TOML file: a file here for each of its subjects."""
