"""What the sources mean together: build, identity, stores, analyses, exports and the command line.

`LaborGraph` opens a built graph: tables, SPARQL, analyses, networks.
"""

from graph.labor_graph import LaborGraph

__all__ = ["LaborGraph"]
