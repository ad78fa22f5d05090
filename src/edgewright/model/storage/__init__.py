"""How a model file is stored: the flatbuffer and its schema, the archive behind it, the digest inside it."""
