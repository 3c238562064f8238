"""What there is: kinds, terms, sectors and authorities, all read from Turtle.

`labor.ttl` is the only schema; `model()` reads it, `schema()` gives a table's columns as Polars types.
"""

from ontology.errors import TrinationalError, WrongUseError, nearest
from ontology.model import BASE, LANGUAGES, Authority, Column, Edge, Kind, Model, Term, model
from ontology.schema import schema

__all__ = [
    "BASE",
    "LANGUAGES",
    "Authority",
    "Column",
    "Edge",
    "Kind",
    "Model",
    "Term",
    "TrinationalError",
    "WrongUseError",
    "model",
    "nearest",
    "schema",
]
