"""One row for each input: what is in it, and the forms that it is written and read in."""
