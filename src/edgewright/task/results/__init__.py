"""What tasks answer, one file for each kind of result."""
