"""The formats that can be converted, a room for each framework; what each has to do is in `contract`."""
