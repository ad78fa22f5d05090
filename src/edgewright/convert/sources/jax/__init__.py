"""Functions of JAX and modules of Flax."""
