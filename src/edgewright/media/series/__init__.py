"""Series: rows of numbers from sensors, read from tables and arrays, and cut into the windows that a model takes."""
