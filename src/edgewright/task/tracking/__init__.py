"""Which thing is which, from one picture to the next."""
