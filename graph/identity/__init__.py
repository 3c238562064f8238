"""Who is who: which records are of one thing.

`judgements` reads what people decided; `resolve` joins records by authority keys and judgements.
"""

from graph.identity.judgements import Judgement, read_judgements
from graph.identity.resolve import Identity, resolve

__all__ = ["Identity", "Judgement", "read_judgements", "resolve"]
