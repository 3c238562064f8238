"""`python -m loaders.boundaries FOLDER` writes `lines.parquet` from the TopoJSON files in FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from loaders.boundaries.write import write
from ontology import TrinationalError

try:
    print(f"{write(Path(sys.argv[1] if len(sys.argv) > 1 else '.'))} rows")
except TrinationalError as error:
    sys.exit(f"error: {error}\nhint: {error.hint}")
