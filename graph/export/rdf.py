"""The graph, or what it knows of some things, as Turtle (`ttl`), N-Quads (`nq`) or JSON-LD (`jsonld`).

Turtle and JSON-LD hold the resolved graph with its evidence; N-Quads also what each source release said.
Written straight from the graph tables: the same graph gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from graph import rdf
from graph.rdf import DATATYPES, PREFIXES, Property, Read, View
from ontology import BASE, TrinationalError, WrongUseError, model, nearest
from ontology.model import FOLDER, ONTOLOGY

_TURTLE_PREFIXES = ("", "edtf", "owl", "prov", "schema", "xsd")
_JSON_PREFIXES = ("owl", "prov", "record", "schema")


def write(graph: Path, path: Path, format: str, ids: Iterable[str] = (), *, restricted: bool = False) -> None:
    """Write RDF to the file `path`.

    Parameters
    ----------
    graph
        Folder of graph tables.
    format
        `ttl`, `nq` or `jsonld`.
    ids
        Things to write: each with its values and records, the relations it takes part in with their
        evidence, and the names of what these lead to. None: the whole graph.
    restricted
        Also statements marked `restricted`; a value that only these give is left out otherwise.

    Raises
    ------
    TrinationalError
        No such format, no thing has an id, or the file cannot be written.
    """
    if format not in FORMATS:
        raise WrongUseError(
            f"no such format: {format!r}", hint=nearest(format, FORMATS) or f"use {', '.join(FORMATS)}"
        )
    wanted = list(ids)
    read = rdf.tables(graph) if restricted else public_tables(rdf.tables(graph))
    if wanted:
        read = _around(read, wanted)
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.writelines(FORMATS[format](read, not wanted))
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise TrinationalError(
            f"cannot write {path}: {error.strerror}", hint="choose another path, or free space"
        ) from error


def _nquads(read: Read, whole: bool) -> Iterator[bytes]:
    for view in rdf.views(read):
        yield from rdf.lines(view)
    if whole:
        yield from rdf.lines(rdf.control_view(read))
        yield rdf.vocabulary()


def _turtle(read: Read, whole: bool) -> Iterator[bytes]:
    yield f"@base <{BASE}> .\n".encode()
    for prefix in _TURTLE_PREFIXES:
        yield f"@prefix {prefix}: <{PREFIXES[prefix]}> .\n".encode()
    for view in _resolved(read, whole):
        types = f"a {', '.join(map(_turtle_name, view.types))}"
        for rows in rdf.staged(view):
            parts = [pl.lit(types)] if view.types else []
            for place, item in enumerate(view.properties):
                before, after = _turtle_value(item)
                start = f"{_turtle_name(item.predicate)} "
                parts.append(rdf.statement(place, item, (start, before, after, ", ", "")))
            body = pl.concat_str(parts, separator=" ;\n    ", ignore_nulls=True)
            whole_row = pl.concat_str(
                pl.lit(f"\n<{view.space}"), "_subject", pl.lit("> "), body, pl.lit(" .\n")
            )
            yield rows.select(whole_row.str.join("")).item().encode()


def _resolved(read: Read, whole: bool) -> Iterator[View]:
    yield from rdf.resolved_views(read)
    if whole:
        yield rdf.control_view(read)


def _turtle_name(iri: str) -> str:
    for prefix in _TURTLE_PREFIXES:
        if iri.startswith(PREFIXES[prefix]):
            return f"{prefix}:{iri.removeprefix(PREFIXES[prefix])}"
    return f"<{iri}>"


def _turtle_value(item: Property) -> tuple[str, str]:
    if item.type == "iri":
        return f"<{item.space}", ">"
    if item.type in ("integer", "flag"):
        return "", ""
    return '"', f'"^^{_turtle_name(DATATYPES[item.type])}' if item.type in DATATYPES else '"'


def _json_ld(read: Read, whole: bool) -> Iterator[bytes]:
    yield b'{"@context": ' + json.dumps(_context(), ensure_ascii=False).encode() + b',\n"@graph": ['
    between = "\n"
    for view in _resolved(read, whole):
        types = json.dumps([name.removeprefix(ONTOLOGY) for name in view.types])
        for rows in rdf.staged(view):
            parts: list[pl.Expr] = [_json_subject(view)]
            parts += [pl.lit(f'"type": {types}')] if view.types else []
            for place, item in enumerate(view.properties):
                parts.append(rdf.statement(place, item, _json_parts(item)))
            body = pl.concat_str(parts, separator=",\n  ", ignore_nulls=True)
            text = pl.concat_str(pl.lit("{"), body, pl.lit("}")).str.join(",\n")
            yield (between + rows.select(text).item()).encode()
            between = ",\n"
    yield b"\n]}\n"


def _json_subject(view: View) -> pl.Expr:
    return pl.concat_str(pl.lit(f'"id": "{_json_start(view.space)}'), "_subject", pl.lit('"'))


def _json_parts(item: Property) -> tuple[str, str, str, str, str]:
    """What stands at the start, around a value, between values and at the end; shorter where the context
    says the type of the property."""
    key = _json_name(item.predicate)
    known = _context().get(key, {})
    coerced = known.get("@type") if isinstance(known, dict) else None
    if item.type == "iri":
        before, after = f'"{_json_start(item.space)}', '"'
        if coerced != "@id":
            before, after = '{"id": ' + before, after + "}"
    else:
        before, after = ("", "") if item.type in ("integer", "decimal", "flag") else ('"', '"')
        datatype = DATATYPES.get(item.type)
        if coerced != datatype and item.type != "flag":
            before, after = '{"@value": ' + before, after + f', "@type": "{datatype}"}}'
    opened, closed = ("[", "]") if item.many else ("", "")
    return f'"{key}": {opened}', before, after, ", ", closed


def _json_name(iri: str) -> str:
    for prefix in _JSON_PREFIXES:
        if iri.startswith(PREFIXES[prefix]):
            return f"{prefix}:{iri.removeprefix(PREFIXES[prefix])}"
    return iri.removeprefix(ONTOLOGY)


@lru_cache
def _json_start(space: str) -> str:
    """What an IRI of this space begins with: a prefix of the context and the rest, or BASE."""
    iri = BASE + space
    for name, known in _context().items():
        if isinstance(known, dict) and known.get("@prefix") and iri.startswith(known["@id"]):
            return f"{name}:{iri.removeprefix(known['@id'])}"
    return iri


@lru_cache
def _context() -> Mapping[str, Any]:
    """The context of the ontology, and the prefixes of the other vocabularies in use."""
    path = FOLDER / "derived" / "context.jsonld"
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["@context"]
    return known | {prefix: {"@id": PREFIXES[prefix], "@prefix": True} for prefix in _JSON_PREFIXES}


FORMATS: Mapping[str, Callable[[Read, bool], Iterator[bytes]]] = {
    "ttl": _turtle,
    "nq": _nquads,
    "jsonld": _json_ld,
}


# Which rows are written.


def public_tables(read: Read) -> Read:
    """The tables without restricted statements, and without values that only these give."""

    def public(name: str) -> pl.LazyFrame | None:
        rows = read(name)
        if rows is None:
            return None
        if name == "identity":
            said = [public(f"said/{kind.name}") for kind in model().things]
            given = pl.concat([frame.select("record_id") for frame in said if frame is not None])
            return rows.join(given, on="record_id", how="semi", maintain_order="left")
        if name.startswith("said/") or model().kind(name).is_relation:
            return rows.filter(pl.col("sensitivity").eq_missing("restricted").not_())
        records = read(f"said/{name}")
        return rows if records is None else _public_things(name, rows, records)

    return public


def _public_things(name: str, rows: pl.LazyFrame, said: pl.LazyFrame) -> pl.LazyFrame:
    """Things with the values that public records give; one that only restricted records know is left out."""
    hidden = pl.col("sensitivity").eq_missing("restricted")
    touched = said.filter(hidden.any().over("id")).collect()
    if touched.is_empty():
        return rows
    shown = touched.filter(~hidden)
    ids = touched["id"].unique().to_list()
    things = rows.filter(pl.col("id").is_in(shown["id"].unique().to_list())).collect()
    for column in model().kind(name).columns:
        things = _masked(things, shown.select("id", column.name), column.name, column.many)
    origin = shown.group_by("id").agg(pl.col("source").unique().sort().alias("sources"))
    things = things.drop("sources").join(origin, on="id", how="left").select(things.columns)
    return pl.concat([rows.filter(pl.col("id").is_in(ids).not_()), things.lazy()]).sort("id")


def _masked(things: pl.DataFrame, shown: pl.DataFrame, name: str, many: bool) -> pl.DataFrame:
    """The things without the values of a column (and their months) that are not in `shown`."""
    if many:
        given = shown.explode(name).group_by("id").agg(pl.col(name).drop_nulls().alias("_given"))
        kept = pl.col(name).list.set_intersection("_given")
    else:
        given = shown.group_by("id").agg(pl.col(name).alias("_given"))
        kept = pl.when(pl.col(name).is_in(pl.col("_given"))).then(name)
    bounds = [pl.col(bound) for bound in (f"{name}_min", f"{name}_max") if bound in things.columns]
    joined = things.join(given, on="id", how="left").with_columns(kept.alias(name))
    masked = joined.with_columns(
        pl.when(pl.col(name).is_not_null()).then(bound).alias(bound.meta.output_name()) for bound in bounds
    )
    return masked.select(things.columns)


def _around(read: Read, ids: list[str]) -> Read:
    """The tables cut down to some things or relations and what these are said to have to do with."""
    relations = {kind.name: rows for kind in model().relations if (rows := read(kind.name)) is not None}
    near = {name: _touching(name, rows, ids) for name, rows in relations.items()}
    joined = sorted(
        set(ids).union(*(_ends(name, rows) for name, rows in near.items())) & _relation_ids(relations)
    )
    near = {name: _touching(name, rows, [*ids, *joined]) for name, rows in relations.items()}
    known = {kind.name: rows for kind in model().things if (rows := read(kind.name)) is not None}
    _check_ids(
        ids, [*near.values(), *(rows.filter(pl.col("id").is_in(ids)).collect() for rows in known.values())]
    )
    said = {
        kind.name: rows.filter(pl.col("id").is_in(ids)).collect()
        for kind in model().things
        if (rows := read(f"said/{kind.name}")) is not None
    }
    ends = sorted(set().union(*(_ends(name, rows) for name, rows in near.items())))
    sources = sorted({source for frame in (*near.values(), *said.values()) for source in frame["source"]})

    def cut(name: str) -> pl.LazyFrame | None:
        if name.startswith("said/"):
            frame = said.get(name.removeprefix("said/"))
            return None if frame is None else frame.lazy()
        if name in near:
            return None if near[name].is_empty() else near[name].lazy()
        rows = read(name)
        if rows is None or name == "identity":
            return rows if rows is None else rows.filter(pl.col("id").is_in(ids))
        if name == "Source":
            return rows.filter(pl.col("id").is_in([*ids, *sources]))
        return _named_only(rows.filter(pl.col("id").is_in([*ids, *ends])), ids)

    return cut


def _touching(name: str, rows: pl.LazyFrame, ids: list[str]) -> pl.DataFrame:
    """Relations of a kind that are, or have a role played by, one of some ids."""
    columns = ["id", *(role.name for role in model().kind(name).roles)]
    return rows.filter(pl.any_horizontal(pl.col(column).is_in(ids) for column in columns)).collect()


def _ends(name: str, rows: pl.DataFrame) -> set[str]:
    roles = [role.name for role in model().kind(name).roles]
    return {end for role in roles for end in rows[role].drop_nulls()}


def _relation_ids(relations: Mapping[str, pl.LazyFrame]) -> set[str]:
    """Ids of the relations that can play a role in another one (ties)."""
    classes = {kind for relation in model().relations for role in relation.roles for kind in role.classes}
    return {
        found for name in classes & relations.keys() for found in relations[name].select("id").collect()["id"]
    }


def _check_ids(ids: list[str], frames: Iterable[pl.DataFrame]) -> None:
    known = {found for frame in frames for found in frame["id"]}
    for unknown in [name for name in ids if name not in known]:
        raise WrongUseError(f"nothing has the id {unknown!r}", hint="try `trinational search`")


def _named_only(rows: pl.LazyFrame, ids: list[str]) -> pl.LazyFrame:
    """Things as they are where their id is asked for, else only with name and country."""
    others = [name for name in rows.collect_schema() if name not in ("id", "name", "country")]
    return rows.with_columns(pl.when(pl.col("id").is_in(ids)).then(name).alias(name) for name in others)
