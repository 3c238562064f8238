"""What the commands share: the app, options, the home that an option names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from graph.console import Format
from graph.home import VARIABLE, Home
from graph.labor_graph import LaborGraph
from ontology import LANGUAGES, WrongUseError

EPILOG = "Data lives in --home DIR, else $TRINATIONAL_HOME, else the platform's data folder."


app = typer.Typer(
    help="Who owns, represents, supplies and moves what across Canada, the United States and Mexico.",
    epilog=EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


HomeOption = Annotated[
    Path | None, typer.Option("--home", metavar="DIR", help=f"Where data lives (default ${VARIABLE}).")
]


FormatOption = Annotated[Format, typer.Option("--format", help="table, csv or json.")]


LimitOption = Annotated[int | None, typer.Option("--limit", min=0, help="Rows at most (a table shows 20).")]


AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="YYYY, YYYY-MM or YYYY-MM-DD.")
]


LanguageOption = Annotated[str, typer.Option(help="en, es or fr.")]


def language_of(given: str) -> str:
    if given not in LANGUAGES:
        raise WrongUseError(f"no such language: {given!r}", hint=f"use {', '.join(LANGUAGES)}")
    return given


@app.callback()
def common(context: typer.Context, home: HomeOption = None) -> None:
    context.obj = home


def home_of(context: typer.Context, home: Path | None) -> Home:
    return Home.find(home or context.obj)


def open_graph(context: typer.Context, home: Path | None) -> LaborGraph:
    return LaborGraph(home_of(context, home).graph)


def query_text(given: str, inline: bool, hint: str) -> tuple[str, str]:
    """The text of a query and what messages call it: `-` for standard input, else itself, else a file."""
    if given == "-":
        return sys.stdin.read(), "query"
    if inline:
        return given, "query"
    path = Path(given)
    try:
        return path.read_text(encoding="utf-8"), path.name
    except UnicodeDecodeError as error:
        raise WrongUseError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from None
    except OSError:
        raise WrongUseError(f"{given!r} is neither a file nor a query", hint=hint) from None


def split_param(given: str) -> tuple[str, str]:
    """Name and value of `--param NAME=VALUE`."""
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise WrongUseError(f"--param {given!r}", hint="write NAME=VALUE, such as -p plant=plant:gm-silao")
    return name, value
