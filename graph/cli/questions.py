"""Named questions: `questions` lists them, `ask` answers one; options of each come from its header."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import polars as pl
import typer
from typer.core import TyperGroup

from graph.cli.ask import print_coverage
from graph.cli.common import FormatOption, HomeOption, LimitOption, app, open_graph
from graph.console import OUT, ROWS, Format, print_answers, print_rows, steps
from graph.labor_graph import LaborGraph
from graph.questions import Asked, Parameter, Question, answer, prepared, question
from graph.questions import questions as all_questions
from ontology import WrongUseError

_CITED = ("source", "locator", "url")
_COMMON: dict[str, Any] = {
    "param": (
        Annotated[list[str] | None, typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter.")],
        None,
    ),
    "example": (Annotated[bool, typer.Option("--example", help="Ask the example of the question.")], False),
    "on": (Annotated[str, typer.Option(metavar="ENGINE", help="Where to ask.")], "sparql"),
    "timeout": (Annotated[float, typer.Option(min=0.1, help="Seconds until it is stopped.")], 60.0),
    "format": (FormatOption, Format.table),
    "limit": (LimitOption, None),
    "home": (HomeOption, None),
}


@app.command()
def questions(format: FormatOption = Format.table) -> None:
    """List the named questions.

    Example: trinational questions --format json
    """
    rows = [
        {
            "id": asked.id,
            "title": dict(asked.title),
            "parameters": [_about(p) for p in asked.parameters],
            "engines": list(asked.engines),
            "columns": [{"name": c.name, "type": c.type, "unit": c.unit or None} for c in asked.columns],
        }
        for asked in all_questions().values()
    ]
    if format is not Format.table:
        print_rows(rows, format)
        return
    short = [
        {
            "id": asked.id,
            "title": asked.title["en"],
            "parameters": ", ".join(p.name + "*" * p.required for p in asked.parameters),
            "engines": ", ".join(asked.engines),
        }
        for asked in all_questions().values()
    ]
    print_rows(short, format, title="Named questions (* is required)", limit=len(short))


def _about(parameter: Parameter) -> dict[str, Any]:
    kinds = list(parameter.kind) or ([parameter.scheme] if parameter.scheme else [])
    return {
        "name": parameter.name,
        "type": parameter.type,
        "of": kinds,
        "required": parameter.required,
        "default": parameter.default,
        "about": parameter.about,
    }


class _Questions(TyperGroup):
    """One command a question, made when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(all_questions())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        asked = question(cmd_name)
        single = typer.Typer(
            add_completion=False,
            context_settings={"help_option_names": ["-h", "--help"]},
            rich_markup_mode=None,
        )
        single.command(name=asked.id, help=_help(asked), short_help=asked.title["en"])(_command(asked))
        return typer.main.get_command(single)


_asking = typer.Typer(cls=_Questions, no_args_is_help=True)
app.add_typer(_asking, name="ask")


@_asking.callback()
def ask() -> None:
    """Answer a named question; each has its own parameters and help.

    Example: trinational ask CQ16 --corporation "General Motors" --on cypher
    """


def _help(asked: Question) -> str:
    """Title, columns, limits and an example; \\b keeps lines as they are."""
    columns = "\n".join(
        f"  {c.name} ({c.type}{', ' + c.unit if c.unit else ''}): {c.about}" for c in asked.columns
    )
    shown = " ".join(
        f'--{name.replace("_", "-")} "{each}"'
        for name, value in asked.example.items()
        for each in (value if isinstance(value, list) else [value])
    )
    return (
        f"{asked.title['en']}\n\n\b\nColumns:\n{columns}\n\n\b\nWhat it cannot tell:\n{asked.cannot_tell}\n\n"
        f"\b\nEngines: {', '.join(asked.engines)}\nExample: trinational ask {asked.id} {shown}"
    )


def _command(asked: Question) -> Callable[..., None]:
    """The function that answers a question, with one option a parameter."""

    def command(context: typer.Context, **given: Any) -> None:
        common = {name: given.pop(name) for name in _COMMON}
        values = {name: value for name, value in given.items() if value not in (None, [])}
        values |= _pairs(asked, common["param"] or [])
        if common["example"]:
            values = {**asked.example, **values}
        _answer(open_graph(context, common["home"]), asked, values, common)

    options = {p.name: (_option(p), None) for p in asked.parameters} | _COMMON
    kind = inspect.Parameter.KEYWORD_ONLY
    command.__annotations__ = {"context": typer.Context, **{n: a for n, (a, _) in options.items()}}
    signature = [
        inspect.Parameter("context", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context),
        *(inspect.Parameter(n, kind, default=d, annotation=a) for n, (a, d) in options.items()),
    ]
    command.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    return command


def _option(parameter: Parameter) -> Any:
    default = f" [default: {parameter.default}]" if parameter.default is not None else ""
    needed = " [required]" if parameter.required else ""
    what = f"{parameter.about}{default}{needed}"
    shown = typer.Option(f"--{parameter.name.replace('_', '-')}", metavar=parameter.type.upper(), help=what)
    return Annotated[list[str] | None, shown] if parameter.type == "ids" else Annotated[str | None, shown]


def _pairs(asked: Question, given: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise WrongUseError(f"-p {pair!r}", hint="write NAME=VALUE, such as -p plant=plant:gm-silao")
        several = asked.parameter(name).type == "ids"
        found[name] = [*found.get(name, []), value] if several else value
    return found


def _answer(graph: LaborGraph, asked: Question, values: dict[str, Any], common: dict[str, Any]) -> None:
    ready = prepared(asked.id, graph, values)
    _make_store(graph, common["on"])
    found = answer(ready, graph, common["on"], timeout=common["timeout"])
    if common["format"] is not Format.table:
        print_rows(found, common["format"], limit=common["limit"])
        return
    _print_table(graph, ready, found, common["limit"])
    for name in _strangers(graph, ready):
        OUT.print(f"{name} is in no source loaded", style="yellow")
    print_coverage(graph, ready.values.get("at"), "Answers")


def _make_store(graph: LaborGraph, on: str) -> None:
    """Make the store that an engine asks, where it is not there yet."""
    from graph import cypher, rdf

    makers = {"sparql": rdf.store, "cypher": cypher.store}
    if on in makers:
        with steps("Asking") as progress:
            makers[on](graph.folder, progress)


def _print_table(graph: LaborGraph, asked: Asked, found: pl.DataFrame, limit: int | None) -> None:
    """Names instead of ids, no column without a value, and the sources of the rows shown."""
    names = [
        column
        for column in found.columns
        if column != "evidence" and f"{column}_name" not in found.columns and not _empty(found[column])
    ]
    shown = found.head(ROWS if limit is None else limit)
    ids = shown["evidence"].explode(empty_as_null=False).drop_nulls().unique().to_list()
    said: dict[str, list[dict[str, str]]] = {}
    for line in graph.evidence(ids).select("id", *_CITED).iter_rows(named=True):
        said.setdefault(line.pop("id"), []).append(line)
    cited = [[line for each in row for line in said.get(each, [])] for row in found["evidence"].to_list()]
    kind = pl.List(pl.Struct(dict.fromkeys(_CITED, pl.String())))
    rows = found.with_columns(pl.Series("evidence", cited, kind))
    print_answers(rows, names, f"{asked.question.id}: {asked.question.title['en']}", limit)


def _empty(column: pl.Series) -> bool:
    lists = column.dtype == pl.List(pl.String())
    return not (column.list.len() > 0).any() if lists else column.null_count() == len(column)


def _strangers(graph: LaborGraph, asked: Asked) -> Iterator[str]:
    """Ids that were asked about and that no source has."""
    values = [asked.values[p.name] for p in asked.question.parameters if p.type in ("id", "ids")]
    given = [each for value in values if value for each in (value if isinstance(value, list) else [value])]
    known = set(graph.things.filter(pl.col("id").is_in(given))["id"])
    yield from (each for each in given if each not in known)
