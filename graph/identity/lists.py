"""A list that somebody brings (employers, plants, unions) against the things of a graph.

The columns are known by their headers, in English, Spanish and French; the matcher is that of the build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from graph.identity.match import match
from graph.identity.mentions import KINDS, mentions
from graph.identity.queue import mapping
from graph.labor_graph import LaborGraph
from graph.search import fold
from loaders.places import country_of, state_of
from ontology import WrongUseError, model, nearest
from ontology.authorities import check

_HEADERS = {
    "country": "country|nation|pais|pays",
    "state": "state|province|state province|st|prov|estado|entidad|entidad federativa|edo|provincia",
    "city": "city|town|municipality|city town|ciudad|municipio|mpio|localidad|ville|municipalite|localite",
    "address": "address|street|street address|address 1|direccion|domicilio|calle|adresse|rue",
    "sector": "naics|naics code|scian|codigo scian|code scian|sector|industry|industria|giro|secteur"
    "|industrie",
    "alias": "dba|doing business as|trade name|alias|aka|nombre comercial|nom commercial",
    "local": "local|local number|local no|lodge|seccion|secc|section|section locale|numero de seccion",
    "union": "union|union name|labor organization|labour organization|sindicato|nombre del sindicato"
    "|organizacion sindical|syndicat|nom du syndicat|organisation syndicale",
    "plant": "plant|plant name|facility|facility name|factory|factory name|establishment|worksite|site|planta"
    "|fabrica|maquiladora|establecimiento|centro de trabajo|usine|etablissement|lieu de travail",
    "employer": "employer|employer name|company|company name|corporation|firm|business|business name|supplier"
    "|vendor|manufacturer|contractor|organization|organisation|empresa|nombre de la empresa|empleador|patron"
    "|razon social|compania|proveedor|employeur|entreprise|compagnie|societe|raison sociale|fournisseur",
    "name": "name|nombre|nom|denominacion|denomination",
}
_REGISTERS = {
    "lei": "lei",
    "us-cik": "cik|cik number|sec cik",
    "us-ein": "ein|employer identification number|tax id",
    "us-olms": "f num|fnum|file number|olms|olms file number",
    "mx-denue-clee": "clee",
    "mx-retc-nra": "nra",
    "wikidata": "wikidata|qid",
    "os-id": "os id",
    "us-dot-tyre": "dot|dot code",
}
_ANY = "id|ids|key|keys|trinational id"
_PEOPLE = frozenset("first last given middle contact member apellido apellidos prenom".split())  # noqa: SIM905
_NAMED = ("union", "plant", "employer", "name")
_UNSEEN = "[\u00ad\u200b-\u200d\u2060\ufeff]"  # signs that pages leave in what is copied from them
SURE = 0.8  # probability from which one candidate alone is taken for the thing
CLEAR = 10.0  # the odds of the best candidate are so many times those of the next, or the row stays open
CANDIDATES = {
    "row": pl.Int64(),
    "given": pl.String(),
    "outcome": pl.String(),
    "rank": pl.Int64(),
    **dict.fromkeys(("id", "kind", "name", "place", "country"), pl.String()),
    "probability": pl.Float64(),
    "verdict": pl.String(),
    "reason": pl.String(),
}


@dataclass(frozen=True)
class Columns:
    """What the columns of a list hold.

    `names`: the columns that make the name; `fields`: field -> column; `keys`: column -> authority or "".
    """

    kind: str
    names: tuple[str, ...]
    fields: dict[str, str]
    keys: dict[str, str]

    @property
    def text(self) -> str:
        """What is read from where, in words."""
        parts = [f"name from {' and '.join(self.names)}"]
        parts += [f"{name} from {column}" for name, column in self.fields.items()]
        parts += [f"ids from {', '.join(self.keys)}"] if self.keys else []
        return f"{self.kind}: {', '.join(parts)}"


def columns_of(
    names: Sequence[str], kind: str | None = None, named: Mapping[str, str] | None = None
) -> Columns:
    """Tell what each column holds by its header; `named` (field -> column) says it for some.

    Without `kind` a list with a column of plants is one of plants, else with one of employers one of
    employers, else with one of unions one of unions.

    Raises `WrongUseError` where a named column is not there, or none holds a name.

    >>> found = columns_of(["Sindicato", "Sección", "Estado"])
    >>> found.kind, found.names, found.fields
    ('Union', ('Sindicato',), {'state': 'Estado', 'local': 'Sección'})
    """
    given = {f: column for f, column in (named or {}).items() if column}
    for f, column in given.items():
        if column not in names:
            hint = nearest(column, names) or f"columns: {', '.join(names)}"
            raise WrongUseError(f"--{f}: there is no column {column!r}", hint=hint)
    free = [name for name in names if name not in given.values()]
    words = dict(zip(free, _folded(free), strict=True))
    found, keys = dict(given), {name: "" for f, name in given.items() if f == "ids"}
    found.pop("ids", None)
    if not keys:
        keys = _key_columns(words)
    for exact in (True, False):
        for f, headers in _HEADERS.items():
            taken = (*found.values(), *keys)
            fitting = [n for n in free if n not in taken and _fits(words[n], headers, exact)]
            fitting = [n for n in fitting if f != "name" or _PEOPLE.isdisjoint(words[n].split())]
            if fitting and f not in found:
                found[f] = fitting[0]
    sort = kind or _kind(found, given)
    parts = [found[f] for f in _parts_of_name(sort, found, given)]
    if sort == "Union" and not parts and "local" in found:
        parts = [found.pop("local")]
    if not parts:
        raise WrongUseError(
            f"no column looks like the name of a {sort.lower()}",
            hint=f"say which: --name COLUMN (columns: {', '.join(names)})",
        )
    unused = _NAMED if sort == "Union" else (*_NAMED, "local")
    return Columns(
        sort, tuple(parts), {f: found[f] for f in _HEADERS if f in found and f not in unused}, keys
    )


def _parts_of_name(kind: str, found: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """The fields that make the name: of a plant its employer comes first."""
    if "name" in given:
        return ["name"]
    own = {"Corporation": "employer", "Plant": "plant", "Union": "union"}[kind]
    base = [f for f in (own, "name") if f in found][:1]
    return ["employer", *base] if kind == "Plant" and "employer" in found else base


def _folded(texts: Sequence[str]) -> list[str]:
    return pl.Series(texts, dtype=pl.String).to_frame("t").select(fold(pl.col("t")))["t"].to_list()


def _key_columns(words: Mapping[str, str]) -> dict[str, str]:
    headers = {"": _ANY, **_REGISTERS}
    return {
        name: authority
        for name, text in words.items()
        for authority, known in headers.items()
        if _fits(text, known, exact=True)
    }


def _fits(header: str, known: str, exact: bool) -> bool:
    if exact:
        return header in known.split("|")
    return any(f" {phrase} " in f" {header} " for phrase in known.split("|"))


def _kind(found: Mapping[str, str], given: Mapping[str, str]) -> str:
    if "name" in given:
        header = _folded([given["name"]])[0]
        kinds = {"plant": "Plant", "union": "Union", "local": "Union"}
        return next((k for f, k in kinds.items() if _fits(header, _HEADERS[f], exact=False)), "Corporation")
    if "plant" in found:
        return "Plant"
    return "Union" if {"union", "local"} & found.keys() and "employer" not in found else "Corporation"


def read_list(rows: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """The rows of a list as mentions, in the fields of the matcher; `id` is the number of the row.

    Rows without a name are left out. A state is known by its name or abbreviation; a country that is not
    given is that of the state.
    """
    cell = {f: _cell(column) for f, column in columns.fields.items()}
    nothing = pl.lit(None, pl.String)
    town, state, nation = (cell.get(f, nothing) for f in ("city", "state", "country"))
    parts = town.str.extract_groups(r"^(.+?),\s*([A-Za-z]{2})\.?$").struct
    state = pl.coalesce(state, parts.field("2").str.to_uppercase())
    nation = country_of(nation)
    found = rows.select(
        pl.col("row").cast(pl.String).alias("id"),
        _name(columns).alias("name"),
        pl.concat_list(cell.get("alias", nothing)).list.drop_nulls().alias("other_names"),
        pl.coalesce(parts.field("1"), town).alias("town"),
        state_of(state, nation).alias("subdivision"),
        nation.alias("country"),
        cell.get("sector", nothing).alias("sector"),
        cell.get("address", nothing).alias("address"),
        _keys(columns.keys).alias("keys"),
    )
    return found.with_columns(
        pl.coalesce("country", pl.col("subdivision").str.head(2)).alias("country")
    ).drop_nulls("name")


def _cell(column: str) -> pl.Expr:
    text = pl.col(column).str.replace_all(_UNSEEN, "").str.replace_all(r"\s+", " ").str.strip_chars()
    return pl.when(text != "").then(text)


def _name(columns: Columns) -> pl.Expr:
    """The name of a row: of a union with the number of its local."""
    cells = [_cell(column) for column in columns.names]
    if "local" in columns.fields:
        number = _cell(columns.fields["local"])
        bare = number.str.contains(r"^\W*[0-9]")
        cells.append(pl.when(bare).then(pl.format("Local {}", number)).otherwise(number))
    named = pl.concat_str(cells, separator=" ", ignore_nulls=True)
    return pl.when(cells[0].is_not_null() | pl.lit(len(columns.names) > 1)).then(named).replace("", None)


def _keys(columns: Mapping[str, str]) -> pl.Expr:
    """Ids that a register could have issued: `lei:...`, or the bare key below the register's name."""
    found = [
        pl.when(check(name, key)).then(pl.concat_str(pl.lit(f"{name}:"), key))
        for column, authority in columns.items()
        for name, key in _given_keys(column, authority).items()
    ]
    if not found:
        return pl.lit([], pl.List(pl.String))
    return pl.concat_list(found).list.drop_nulls()


def _given_keys(column: str, authority: str) -> dict[str, pl.Expr]:
    """What a column gives as the key of each register, written as the register's ids are."""
    cell = _cell(column)
    if authority:
        return {authority: plain_key(authority, cell.str.strip_prefix(f"{authority}:"))}
    return {name: plain_key(name, cell.str.extract(f"^{name}:(.+)$")) for name in sorted(model().registers)}


def plain_key(authority: str, key: pl.Expr) -> pl.Expr:
    """A key as the ids of its register are written: no zeros before it, no hyphen in it, capitals."""
    if authority in ("us-cik", "us-olms"):
        return key.str.replace("^0+([0-9])", "$1")
    if authority == "us-ein":
        return key.str.replace("^([0-9]{2})-([0-9]{7})$", "$1$2")
    return key.str.to_uppercase() if authority == "lei" else key


def no_keys(rows: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """Cells that stand where a key does and are none: `row`, `column`, `value`; nothing is looked up by them.

    >>> rows = pl.DataFrame({"Employer": ["A", "B"], "CIK": ["0000037996", "n/a"], "row": [2, 3]})
    >>> no_keys(rows, columns_of(["Employer", "CIK"])).rows()
    [(3, 'CIK', 'n/a')]
    """
    found = [pl.DataFrame(schema={"row": pl.Int64, "column": pl.String, "value": pl.String})]
    for column, authority in columns.keys.items():
        keys = _given_keys(column, authority)
        wrong = pl.any_horizontal(~check(name, key) for name, key in keys.items())
        found.append(rows.filter(wrong).select("row", column=pl.lit(column), value=_cell(column)))
    return pl.concat(found).sort("row", "column")


# The things of the graph, and which of them a row is.


def known(graph: LaborGraph, kind: str) -> pl.DataFrame:
    """What sources call the things of a graph, in the fields of the matcher; `id` is that of the thing."""
    records = {name: graph.said(name).drop("record_id") for name in KINDS}
    ties = ("Operation", "Representation", "Coverage", "InSector")
    return mentions(kind, records | {name: graph.scan(name) for name in ties}, mapping(graph))


def match_list(
    given: pl.DataFrame, there: pl.DataFrame, things: pl.DataFrame, kind: str, top: int = 3
) -> pl.DataFrame:
    """The things that the mentions of a list may be.

    Parameters
    ----------
    given
        Mentions in the fields of `graph.identity.match.match`; `id` is a number (`read_list` makes them).
    there
        Mentions of the things, `id` theirs (`known` reads them from a graph).
    things
        `id`, `name`, `place`, `country` (text), `weight` (how much is known of each; `things_of` reads them).
    kind
        `Corporation`, `Plant` or `Union`.
    top
        Candidates of a row at most.

    Returns
    -------
    polars.DataFrame
        One row a candidate, at least one a mention: `row` (number), `given` (its name), `outcome` (`matched`,
        `open` or `not_found`), `rank` (from 1), `id`, `kind`, `name`, `place`, `country` (of the thing),
        `probability` (0 to 1, of being the same), `verdict` (`same`, `unsure`, `related`), `reason` (what was
        compared). Sorted by `row`, `rank`.

    Notes
    -----
    A row is `matched` where one candidate is `same` with a probability of 0.8 or more and its odds are ten
    times those of every other; with two such candidates, or one that is less sure, it is `open`: people
    decide. What is no more than related, or different, is `not_found`.

    Examples
    --------
    >>> there = pl.DataFrame({"id": ["corp:dana", "corp:lear"], "name": ["Dana Corp.", "Lear Corporation"]})
    >>> things = there.with_columns(place=pl.lit("Toledo"), country=pl.lit("US"), weight=1)
    >>> given = pl.DataFrame({"id": ["1", "2"], "name": ["DANA CORPORATION", "Acme"]})
    >>> match_list(given, there, things, "Corporation").select("row", "outcome", "id").rows()
    [(1, 'matched', 'corp:dana'), (2, 'not_found', None)]
    """
    pairs = match(given, there, kind).filter(pl.col("verdict") != "different")
    found = pairs.select("left", "right", "verdict", "probability", "reason").join(
        things, left_on="right", right_on="id"
    )
    best = pl.col("verdict").replace_strict({"same": 0, "unsure": 1, "related": 2}, return_dtype=pl.Int8)
    ranked = found.with_columns(best=best).sort(
        "left", "best", "probability", "weight", "right", descending=[False, False, True, True, False]
    )
    odds = pl.col("probability") / (1 - pl.col("probability")).clip(lower_bound=1e-4)
    ranked = ranked.with_columns(rank=pl.int_range(1, pl.len() + 1).over("left"), odds=odds)
    next_ = pl.col("odds").filter((pl.col("rank") > 1) & (pl.col("best") < 2)).max()
    first = pl.col("verdict").first()
    clear = (pl.col("odds").first() >= CLEAR * next_).fill_null(True)
    outcome = (
        pl.when((first == "same") & (pl.col("probability").first() >= SURE) & clear)
        .then(pl.lit("matched"))
        .when(first != "related")
        .then(pl.lit("open"))
        .otherwise(pl.lit("not_found"))
    )
    outcomes = ranked.group_by("left").agg(outcome=outcome)
    rows = given.select(left="id", given="name").join(outcomes, on="left", how="left")
    rows = rows.join(ranked.filter(pl.col("rank") <= top), on="left", how="left")
    return (
        rows.with_columns(
            pl.col("outcome").fill_null("not_found"),
            row=pl.col("left").cast(pl.Int64),
            id="right",
            kind=pl.when(pl.col("right").is_not_null()).then(pl.lit(kind)),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in CANDIDATES.items())
        .sort("row", "rank")
    )


def things_of(graph: LaborGraph, kind: str) -> pl.DataFrame:
    """`id`, `name`, `place`, `country`, `weight` (how many sources tell of it) of the things of a kind."""
    things = graph.scan(kind)
    where = [n for n in ("municipality", "place") if n in things.collect_schema()]
    place = pl.concat_str(pl.coalesce(where), "subdivision", separator=", ", ignore_nulls=True)
    return things.select(
        "id", "name", "country", place=place.replace("", None), weight=pl.col("sources").list.len()
    ).collect()


def with_ids(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The rows of a list, all of them, with what was found in further columns.

    `trinational_outcome`, `trinational_id` and `trinational_name` (empty where the row is open or not found),
    `trinational_probability`, `trinational_verdict`, `trinational_reason` (of the best candidate),
    `trinational_candidates` (list of the ids of an open row).
    """
    matched = pl.col("outcome") == "matched"
    best = found.filter(pl.col("rank").fill_null(1) == 1).select(
        "row",
        pl.col("outcome"),
        *(pl.when(matched).then(name).alias(name) for name in ("id", "name")),
        *("probability", "verdict", "reason"),
    )
    open_ = found.filter(outcome="open").group_by("row", maintain_order=True).agg(candidates="id")
    said = best.join(open_, on="row", how="left")
    said = said.select("row", pl.all().exclude("row").name.prefix("trinational_"))
    kept = [name for name in rows.columns if name not in said.columns or name == "row"]
    return rows.select(kept).join(said, on="row", how="left", maintain_order="left").drop("row")
