"""Making a bundle at the desk: wheels of the device's platform, our own code, the models, and what they must answer."""
