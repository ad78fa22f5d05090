"""Formats of files and folders that hold data sets, one file each."""
