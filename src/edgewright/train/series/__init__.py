"""Training on readings of sensors: windows of labeled recordings, or of such in which all is normal."""
