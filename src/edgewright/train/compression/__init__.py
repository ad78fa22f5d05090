"""What only training can make smaller: weights of few bits, zeros and centroids, for any network of Keras with data."""
