"""Command `python -m ontology.sectors`."""

import sys

from ontology.errors import TrinationalError
from ontology.sectors.write import main

try:
    sys.exit(main())
except TrinationalError as error:
    sys.exit(f"error: {error}\nhint: {error.hint}")
