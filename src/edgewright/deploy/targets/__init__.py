"""The runtimes that a model can be exported for, one file each."""
