"""The trainer of pictures in classes: a network that has seen many others, a head of one's own, and then deeper."""
