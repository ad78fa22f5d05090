"""Training on readings of sensors: windows of labelled recordings, or of such in which all is normal."""
