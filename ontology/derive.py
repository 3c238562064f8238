"""What follows from the ontology: JSON-LD context, table schemas, Neo4j constraints, the reference page.

`python -m ontology.derive` writes the files, `--check` names those that are stale and exits 1.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pyoxigraph as ox

from ontology import sectors
from ontology.model import BASE, FOLDER, ID, LANGUAGES, ONTOLOGY, SOURCE, TERM, Column, Kind, model
from ontology.schema import schema

ROOT = FOLDER.parent
_XSD = "http://www.w3.org/2001/XMLSchema#"
_EDTF = "http://id.loc.gov/datatypes/edtf/EDTF-level0"
_JSON_TYPES = {
    "integer": _XSD + "integer",
    "decimal": _XSD + "double",
    "flag": _XSD + "boolean",
    "date": _EDTF,
    "ref": "@id",
    "term": "@id",
}
_TABLES: tuple[Literal["records", "graph"], ...] = ("records", "graph")
_LIMITS: dict[tuple[float | None, float | None], str] = {(0, None): "0 or more", (0, 100): "0 to 100"}
_ARROW = {"String": "utf8", "Int64": "int64", "Int32": "int32", "Float64": "double", "Boolean": "bool"}


def derived() -> dict[Path, str]:
    """Every derived file and its text, always the same for the same ontology."""
    return {
        FOLDER / "derived" / "context.jsonld": context(),
        FOLDER / "derived" / "tables.json": tables(),
        FOLDER / "derived" / "constraints.cypher": constraints(),
        ROOT / "docs" / "reference" / "ontology.md": reference(),
    }


def context() -> str:
    """The JSON-LD 1.1 context: kinds, properties with their types, direct edges, prefixes of ids and terms.

    Ids and terms are written `tri:plant:gm-silao`, `term:status/stated`; a repeated value is always a list.
    """
    found: dict[str, Any] = {
        "@version": 1.1,
        "@vocab": ONTOLOGY,
        "id": "@id",
        "type": "@type",
        "tri": {"@id": ID, "@prefix": True},
        "term": {"@id": TERM, "@prefix": True},
        "edition": {"@id": SOURCE, "@prefix": True},
    }
    for kind in model().kinds.values():
        found[kind.name] = kind.iri
        for column in kind.columns:
            found |= _context_terms(column)
        if kind.edge:
            name = kind.edge.iri.removeprefix(ONTOLOGY)
            found[name] = {"@id": kind.edge.iri, "@type": "@id", "@container": "@set"}
    for column in model().evidence:
        found |= _context_terms(column)
    return json.dumps({"@context": found}, ensure_ascii=False, indent=2) + "\n"


def _context_terms(column: Column) -> Iterator[tuple[str, Any]]:
    entry: dict[str, str] = {"@id": column.iri}
    if column.type in _JSON_TYPES:
        entry["@type"] = _JSON_TYPES[column.type]
    if column.many:
        entry["@container"] = "@set"
    yield column.term, entry
    if column.type == "date" and not column.many:
        for bound in ("Min", "Max"):
            yield column.term + bound, {"@id": column.iri + bound, "@type": _XSD + "integer"}


def tables() -> str:
    """Columns of every table as JSON: Polars and Arrow types, what is required, what a column refers to."""
    found = []
    for kind in (*model().things, *model().relations):
        columns = {column.name: column for column in (*kind.columns, *model().evidence)}
        forms = []
        for table in _TABLES:
            fields = schema(kind.name, table).items()
            lines = [json.dumps(_field(name, dtype, columns.get(name))) for name, dtype in fields]
            forms.append(f'  "{table}": [\n   ' + ",\n   ".join(lines) + "\n  ]")
        found.append(f' "{kind.name}": {{\n' + ",\n".join(forms) + "\n }")
    return "{\n" + ",\n".join(found) + "\n}\n"


def _field(name: str, dtype: pl.DataType, column: Column | None) -> dict[str, Any]:
    arrow = _ARROW.get(str(dtype)) or "list<utf8>"
    field: dict[str, Any] = {"name": name, "polars": str(dtype), "arrow": arrow}
    if name == "id" or (column and column.required):
        field["required"] = True
    if column and column.type == "ref":
        field["refers_to"] = list(column.classes)
    if column and column.scheme:
        field["scheme"] = column.scheme
    return field


def constraints() -> str:
    """Neo4j (Community edition): an id is unique per label; names and countries are indexed."""
    lines = ["// Written by `python -m ontology.derive`; do not edit."]
    for kind in (*model().things, *model().relations):
        name = f"{kind.name.lower()}_id"
        lines.append(f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (n:{kind.name}) REQUIRE n.id IS UNIQUE;")
    for kind in model().things:
        for column in ("name", "country"):
            name = f"{kind.name.lower()}_{column}"
            lines.append(f"CREATE INDEX {name} IF NOT EXISTS FOR (n:{kind.name}) ON (n.{column});")
    labels = "|".join(kind.name for kind in model().things)
    properties = "n.name, n.native_name, n.abbreviation"
    lines.append(f"CREATE FULLTEXT INDEX names IF NOT EXISTS FOR (n:{labels}) ON EACH [{properties}];")
    return "\n".join(lines) + "\n"


def reference() -> str:
    """The reference page in Markdown."""
    parts = [_INTRODUCTION, "## Evidence columns", _EVIDENCE, _columns(model().evidence)]
    parts += ["## Things", *(part for kind in _kinds(False) for part in _kind(kind))]
    parts += ["## Relations", *(part for kind in _kinds(True) for part in _kind(kind))]
    parts += ["## Terms", _TERMS, *(part for scheme in model().terms for part in _scheme(scheme))]
    parts += ["## Sectors", *_sectors(), "## Authorities", _AUTHORITIES, _authorities()]
    return "\n\n".join(parts) + "\n"


def _kinds(relations: bool) -> Iterator[Kind]:
    for kind in model().kinds.values():
        if relations == (kind.name == "Relation" or kind.is_relation):
            yield kind


_INTRODUCTION = f"""# Reference: the ontology

Written by `python -m ontology.derive` from `ontology/labor.ttl`, `ontology/terms.ttl` and
`ontology/sectors/`; do not edit.

Base of all addresses: `{BASE}`. A kind is `ontology#Union`, a thing `id/union:uaw`,
a term `term/status/found`, a source release `source/us_warn@2026-08-08`. A column `jobs_lost` of a table is
the property `ontology#jobsLost`. Dates are ISO text as exact as the source gives them (`2019`, `2019-05`,
`2019-05-12`); graph tables have beside each date `X` the whole numbers `X_min` and `X_max`: months since
year 0 (`year * 12 + month - 1`), null where unknown. Unknown is null, never zero and never "no"."""
_EVIDENCE = """Every record, and every relation of the graph, has these beside its own columns: where it was
read, and how we know."""
_TERMS = "A column of a scheme holds the notation. Labels are what people read."
_SECTORS = """Sectors are things of kind [Sector](#sector). Each file of `ontology/sectors/` says what its
match links rest on. US NAICS stands for Canada's. Codes of two countries may be compared only as deep as the
classes are agreed by all three: `ontology.sectors.common()` gives that code, `shared_digits()` compares."""
_AUTHORITIES = """Who issues an id. The id of a merged thing is that of the strongest authority (rank 1), then
the smallest text. "Once": the authority gives one key to one thing, so two keys are two things. The pattern
is that of the part after the colon; `ontology.authorities.check()` tests a column of keys."""


def _kind(kind: Kind) -> Iterator[str]:
    yield f"### {kind.name}"
    yield _labels(kind.labels) + (" (has no table of its own)" if kind.abstract else "")
    yield "\n".join(f"- {language}: {kind.comments[language]}" for language in LANGUAGES)
    facts = []
    if kind.parents:
        facts.append("Is a " + ", ".join(f"[{name}](#{name.lower()})" for name in kind.parents) + ".")
    if kind.aligned:
        facts.append("Aligned with " + ", ".join(f"`{_short(iri)}`" for iri in kind.aligned) + ".")
    if kind.edge:
        facts.append(f"Seen as the direct edge `{kind.edge.tail} -{kind.edge.name}-> {kind.edge.head}`.")
    if facts:
        yield " ".join(facts)
    inherited = {c.name for name in kind.parents for c in model().kind(name).columns}
    own = [column for column in kind.columns if column.name not in inherited]
    if own:
        yield _columns(own)


def _columns(columns: Iterable[Column]) -> str:
    rows = []
    for column in columns:
        labels = (column.labels[language] for language in LANGUAGES)
        need = "required" if column.required else "list" if column.many else ""
        aligned = ", ".join(f"`{_short(iri)}`" for iri in column.aligned)
        rows.append((f"`{column.name}`", _type(column), need, *labels, column.description, aligned))
    head = ("column", "type", "", "English", "español", "français", "unit or meaning", "aligned with")
    return _table(head, rows)


def _type(column: Column) -> str:
    if column.scheme:
        return f"[{column.scheme}](#{column.scheme})"
    if column.classes:
        return " or ".join(f"[{name}](#{name.lower()})" for name in column.classes)
    limits = _LIMITS.get((column.minimum, column.maximum), "")
    return " ".join(filter(None, [column.type, limits, f"`{column.pattern}`" if column.pattern else ""]))


def _scheme(scheme: str) -> Iterator[str]:
    yield f"### {scheme}"
    yield _labels(model().schemes[scheme])
    rows = [
        (f"`{term.notation}`", *(term.labels[language] for language in LANGUAGES), term.definition)
        for term in model().terms[scheme].values()
    ]
    yield _table(("notation", "English", "español", "français", "meaning"), rows)


def _sectors() -> Iterator[str]:
    found = sectors.table()
    matches = (pl.col(name).list.len().gt(0).sum() for name in ("exact_match", "close_match"))
    counts = found.group_by("scheme", maintain_order=True).agg(pl.len(), *matches)
    yield _table(("scheme", "classes", "with an exact match", "with a close match"), counts.rows())
    yield _SECTORS


def _authorities() -> str:
    rows = [
        (
            str(found.rank),
            f"`{found.name}`",
            found.label,
            found.publisher,
            "once" if found.issued_once else "",
            f"`{found.pattern.pattern}`",
            found.check_digit or "",
        )
        for found in model().authorities.values()
    ]
    return _table(("rank", "authority", "key", "issued by", "once", "pattern", "check digit"), rows)


def _labels(labels: Any) -> str:
    return " · ".join(f"**{labels[language]}**" for language in LANGUAGES)


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(cell).replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


@lru_cache(maxsize=1)
def _prefixes() -> dict[str, str]:
    parser = ox.parse(path=str(FOLDER / "labor.ttl"), format=ox.RdfFormat.TURTLE)
    for _ in parser:
        pass
    return parser.prefixes


def _short(iri: str) -> str:
    for prefix, space in _prefixes().items():
        if iri.startswith(space):
            return f"{prefix}:{iri.removeprefix(space)}"
    return iri


def main() -> int:
    """Command: 0 done, 1 stale."""
    parser = argparse.ArgumentParser(prog="python -m ontology.derive", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file is stale")
    check = parser.parse_args().check
    stale = [path for path, text in derived().items() if not path.exists() or path.read_text("utf-8") != text]
    for path in stale:
        name = path.relative_to(ROOT)
        print(f"stale: {name} (run python -m ontology.derive)" if check else f"written: {name}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(derived()[path], encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
