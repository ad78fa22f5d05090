"""Reads a picture as a model wants it: prepare.py PICTURE PIXELS.npy"""

from __future__ import annotations

import sys

import numpy as np

from edgewright.media import read_picture

if __name__ == "__main__":
    np.save(sys.argv[2], read_picture(sys.argv[1], size=(224, 224)))
