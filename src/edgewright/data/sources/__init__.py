"""One module for each kind of source; importing it registers it."""
