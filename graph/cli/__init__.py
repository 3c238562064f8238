"""The command line: parses, calls, prints. One module per room of commands, `common` for what they share."""

from __future__ import annotations

import sys

from graph.cli import ask, cypher, data, families, graphs, identity, neo4j, questions, serve
from graph.cli.common import app
from graph.console import print_error
from ontology import TrinationalError, WrongUseError

__all__ = [
    "app",
    "ask",
    "cypher",
    "data",
    "families",
    "graphs",
    "identity",
    "main",
    "neo4j",
    "questions",
    "serve",
]


def main() -> None:
    """Run the command line; mistakes end in one message and an exit code, never in a traceback."""
    try:
        app(standalone_mode=True)
    except WrongUseError as error:
        print_error(str(error), error.hint)
        sys.exit(2)
    except TrinationalError as error:
        print_error(str(error), error.hint)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
