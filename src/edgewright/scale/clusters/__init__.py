"""Work that is given to the machines of a cluster."""
