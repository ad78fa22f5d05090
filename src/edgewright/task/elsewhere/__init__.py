"""Tasks whose inputs other machines answer for."""
