"""`run` over many machines: what it is asked for, a share of the inputs, and how far all are."""
