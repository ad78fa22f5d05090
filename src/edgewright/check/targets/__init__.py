"""The targets that a model can be checked for, one file each."""
