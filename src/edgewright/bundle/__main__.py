"""`python -m edgewright.bundle`: what `device.pyz` is, without it."""

import sys

from edgewright.bundle.program import main

sys.exit(main())
