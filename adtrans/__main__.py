"""`python -m adtrans` is the command line."""

import sys

from adtrans.cli import main

sys.exit(main())
