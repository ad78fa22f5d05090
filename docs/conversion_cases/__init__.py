"""The models of the conversion table, one file for each framework that they come from."""
