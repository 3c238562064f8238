"""Analyses of the graph: pure functions over its tables, one file each, with evidence on every row.

Their numbers are in `parameters.py`; what each column means is in `docs/reference/analyses.md`.
"""

from graph.analysis.cash_flow import cash_flow
from graph.analysis.first_seen import first_seen
from graph.analysis.parameters import DEFAULT, Parameters
from graph.analysis.production_shifts import production_shifts
from graph.analysis.shared_sectors import shared_sectors

__all__ = ["DEFAULT", "Parameters", "cash_flow", "first_seen", "production_shifts", "shared_sectors"]
