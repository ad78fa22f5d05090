"""Inputs that lie elsewhere: object stores by fsspec, and the web; every call ends in time, or is an error."""
