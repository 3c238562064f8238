"""Which mentions may be one thing, and which are: candidates from shared words, places and keys, then levels.

One function over frames serves the build, a person's own list and reconciliation. Each distinct name is
parsed once and each distinct pair of (name, place) compared once. Every block of candidates has a cap, and
what is named alike hundreds of times is paired with its neighbours by place alone: cost grows with the
mentions, not with their square.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from rapidfuzz.fuzz import token_set_ratio
from rapidfuzz.process import cpdist

from graph.identity import unions
from graph.identity.compare import COMPARISONS, Mention, compare, mention
from graph.identity.model import models, reasons
from graph.identity.names import Name, kind_of, parse
from graph.identity.queue import MATCHES
from ontology import WrongUseError, model

_TEXT, _TEXTS = pl.String(), pl.List(pl.String())
FIELDS = {
    **dict.fromkeys(("id", "thing", "name"), _TEXT),
    "other_names": _TEXTS,
    **dict.fromkeys(("town", "subdivision", "country", "sector", "address"), _TEXT),
    "keys": _TEXTS,
    "owners": _TEXTS,
}
CAP = 30  # names, or mentions, in one block: a block with more says too little
FEW = 100  # pairs of mentions of two names that are all compared; of more, those of one place
NEIGHBOURS = 3  # and so many mentions of each name, and of each name and place
ALIKE, ALIKE_THERE = 80.0, 70.0  # token-set ratio of two names worth comparing; of those of one place
CHAIN, _SHORT = 8, 4  # towns that make a name a chain's; letters of which a name may be initials
_LISTS = ("other_names", "keys", "owners")
RAREST = 5  # words of a name that make blocks
_SHORTENED = (("joined", "joined"), ("joined", "initials"), ("initials", "joined"))
_AT_ONCE = 500_000
_ENDS = ("left", "right")


def candidates(
    left: pl.DataFrame, right: pl.DataFrame | None = None, kind: str = "Corporation"
) -> pl.DataFrame:
    """Pairs of mentions that may be one thing: `left`, `right` (ids), each pair once, sorted.

    See `match` for the frames.

    >>> frame = pl.DataFrame({"id": ["a", "b", "c"], "name": ["Dana Corp.", "DANA CORPORATION", "Lear"]})
    >>> candidates(frame).rows()
    [('a', 'b')]
    """
    mentions = _read(left, right, kind)
    return _named(mentions, _pairs(mentions)).select(_ENDS).unique().sort(_ENDS)


def match(left: pl.DataFrame, right: pl.DataFrame | None = None, kind: str = "Corporation") -> pl.DataFrame:
    """Compare mentions of one kind, within one frame or between two.

    Parameters
    ----------
    left, right
        One row a mention: `id` and `name` (text); where known `other_names` (list of text), `town`,
        `subdivision` (ISO 3166-2), `country` (ISO 3166-1), `sector` (code of NAICS or SCIAN), `address`
        (text), `keys` (list of ids that registers gave: `lei:...`), `owners` (list of `thing`s that sources
        say own it, near or far). Rows may share an id; rows that
        share a `thing` (`id` where it is missing) are known to be one and are not compared. Without `right`,
        `left` is compared with itself.
    kind
        `Corporation`, `Plant` or `Union`.

    Returns
    -------
    polars.DataFrame
        For each pair of things with a candidate the most probable pair of mentions: `left`, `right` (ids;
        left < right within one frame), `kind`, `verdict` (same, related, different, unsure), `relation`
        (empty), `probability` (decimal 0 to 1 of `same`), `reason` (words), and the level of each comparison
        (text). Sorted by `left`, `right`.

    Raises
    ------
    WrongUseError
        A frame has no `id` or no `name`, or the kind is none of the three.

    Notes
    -----
    Two mentions with different keys of one register are never a pair.

    Examples
    --------
    >>> frame = pl.DataFrame({"id": ["a", "b"], "name": ["Whirlpool Corp.", "WHIRLPOOL CORPORATION"]})
    >>> match(frame).select("left", "right", "kind").rows()
    [('a', 'b', 'Corporation')]
    """
    mentions = _read(left, right, kind)
    pairs = _pairs(mentions)
    judged = judge(_levels(mentions, pairs), kind)
    found = _named(mentions, pairs).hstack(judged)
    if kind == "Plant":
        found = _one_of_several(found)
    best = found.sort("probability", *_ENDS, descending=[True, False, False])
    best = best.unique(["left_thing", "right_thing"], keep="first", maintain_order=True)
    extra = [name for name in judged.columns if name not in MATCHES]
    return (
        best.with_columns(kind=pl.lit(kind), relation=pl.lit(None, _TEXT))
        .select(*MATCHES, *extra)
        .sort(_ENDS)
    )


def judge(levels: pl.DataFrame, kind: str) -> pl.DataFrame:
    """`verdict`, `probability` and `reason` beside the levels of each pair; each distinct row judged once.

    The probability stays below the one that joins where what agrees is too common to tell of one thing, see
    `proven`: labelled pairs are too few to show how often such things meet by chance among all records.

    >>> levels = {"shared": "acronym", "rest": "none"}
    >>> levels |= dict.fromkeys(("place", "sector", "keys", "parent"), "unknown")
    >>> judge(pl.DataFrame(levels), "Corporation")["probability"].item() < models()["Corporation"].join_from
    True
    """
    known = models()[kind]
    distinct = levels.unique(maintain_order=True)
    capped = pl.min_horizontal("probability", pl.lit(known.join_from - 0.01))
    judged = distinct.hstack(known.decide(distinct)).with_columns(
        pl.when(proven(kind)).then("probability").otherwise(capped).alias("probability"), reasons(distinct)
    )
    return levels.join(judged, on=levels.columns, how="left", maintain_order="left")


def _one_of_several(found: pl.DataFrame) -> pl.DataFrame:
    """Pairs of plants; one without an address does not join where it may be any of two at two addresses."""
    join_from = models()["Plant"].join_from
    sure = found.filter(pl.col("verdict") == "same", pl.col("probability") >= join_from, site="same_town")
    ends = ("left_thing", "right_thing")
    links = [sure.select(plant=a, at=b) for a, b in (ends, ends[::-1])]
    apart = found.filter(site="other_address")
    two = pl.concat([apart.select(at=a, other=b) for a, b in (ends, ends[::-1])])
    either = pl.concat(links).unique()
    several = either.join(two.unique(), on="at").join(
        either, left_on=["plant", "other"], right_on=["plant", "at"]
    )
    several = several.select("plant", "at").unique()
    marked = [several.rename({"plant": a, "at": b}) for a, b in (ends, ends[::-1])]
    of_several = pl.concat([part.select(ends) for part in marked]).unique().with_columns(several=True)
    capped = pl.min_horizontal("probability", pl.lit(join_from - 0.01))
    return (
        found.join(of_several, on=ends, how="left", maintain_order="left")
        .with_columns(pl.when("several").then(capped).otherwise("probability").alias("probability"))
        .drop("several")
    )


def proven(kind: str) -> pl.Expr:
    """Whether enough agrees to join without a person.

    Employers: rare words and little else, anywhere; a single less rare word, a word more or a further name in
    one state or town. Plants: always one town or address, and no other sector.
    """
    key = pl.col("keys") == "same"
    if kind == "Union":
        near = _agrees("place", "same_town", "same_state") & (pl.col("body") == "near_name")
        return key | near | _agrees("body", "same_number", "same_body", "same_name")
    rare, whole = _agrees("shared", "rare", "very_rare"), _agrees("rest", "none", "spelling")
    if kind == "Plant":
        here = _agrees("site", "same_town", "same_address", "near_address") & (pl.col("sector") != "other")
        little = whole | (rare & _agrees("rest", "site", "generic", "alias"))
        return key | (here & little & (pl.col("shared") != "acronym"))
    town = pl.col("place") == "same_town"
    near, named = town | (pl.col("place") == "same_state"), rare | (pl.col("shared") == "middle")
    abroad = (pl.col("place") == "other_country") & (pl.col("shared") != "very_rare")
    return key | (whole & rare & ~abroad) | (whole & named & near) | (rare & town)


def _agrees(comparison: str, *levels: str) -> pl.Expr:
    return pl.col(comparison).is_in(levels)


@dataclass(frozen=True)
class _Mentions:
    """`rows`: `row`, `side`, `id`, `thing`, `name`, `place` (numbers), `where`, `registers`, `keys`.

    A union's place and keys are part of its name: numbers and towns decide which local it is.
    """

    kind: str
    rows: pl.DataFrame
    names: list[Any]
    places: list[Mention]
    within: bool

    def side(self, side: int) -> pl.DataFrame:
        return self.rows if self.within else self.rows.filter(pl.col("side") == side)


def _read(left: pl.DataFrame, right: pl.DataFrame | None, kind: str) -> _Mentions:
    if kind not in COMPARISONS:
        raise WrongUseError(f"nothing compares {kind}", hint=f"kinds: {', '.join(COMPARISONS)}")
    frames = [_checked(frame, side) for side, frame in enumerate((left, right)) if frame is not None]
    rows = pl.concat(frames).unique()
    names: list[Any]
    places: list[Mention] = [mention(None)]
    if kind == "Union":
        rows, names = _unions(rows)
    else:
        rows, names = _parsed(rows)
        rows, places = _placed(rows)
    rows = rows.select(
        "side", "id", "thing", "name", "place", "where", "sector", "subdivision", "keys", "owners"
    )
    rows = rows.with_columns(registers=_registers()).sort("side", "thing", "id", "name", "place", "keys")
    return _Mentions(kind, rows.with_row_index("row"), names, places, right is None)


def _checked(frame: pl.DataFrame, side: int) -> pl.DataFrame:
    """The fields of a frame, those that it lacks empty; mentions without a name are left out."""
    if missing := [name for name in ("id", "name") if name not in frame.columns]:
        raise WrongUseError(
            f"mentions without {' and '.join(missing)}", hint=f"columns: {', '.join(frame.columns)}"
        )
    fields = [
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in FIELDS.items()
    ]
    given = frame.select(*fields, side=pl.lit(side, pl.Int8)).with_columns(
        pl.coalesce("thing", "id").alias("thing"),
        *(pl.col(name).fill_null([]).list.unique().list.sort() for name in _LISTS),
    )
    return given.filter(pl.col("id").is_not_null() & (pl.col("name").str.strip_chars() != ""))


def _parsed(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Name]]:
    """Rows with the number of their name, and the distinct names in the order of their words."""
    texts = rows.select("name", "other_names").unique()
    towns = _towns(rows)
    parsed = [_name(name, others, towns) for name, others in texts.iter_rows()]
    names = sorted(
        {name for name in parsed if name.words},
        key=lambda name: (name.words, name.others, name.formal, name.parent, name.whole, name.towns),
    )
    number = {name: n for n, name in enumerate(names)}
    texts = texts.with_columns(number=pl.Series([number.get(name) for name in parsed], dtype=pl.UInt32))
    found = (
        rows.join(texts, on=["name", "other_names"]).drop("name", "other_names").rename({"number": "name"})
    )
    return found.drop_nulls("name"), names


def _towns(rows: pl.DataFrame) -> frozenset[tuple[str, ...]]:
    """Words of the towns of all mentions, as they stand and with the letters of a state behind them."""
    towns = rows.select("town", "subdivision").drop_nulls("town").unique()
    found = set()
    for town, state in towns.iter_rows():
        words = parse(mention(None, town).town).words
        if len("".join(words)) > _SHORT and {kind_of(word, frozenset()) for word in words} == {"own"}:
            found |= {words, (*words, (state or "").rpartition("-")[2].lower())}
    return frozenset(found)


def _name(text: str, others: list[str], towns: frozenset[tuple[str, ...]]) -> Name:
    first = parse(text, towns)
    further = [words for other in others for name in [parse(other)] for words in (name.words, *name.others)]
    different = (words for words in (*first.others, *further) if words and words != first.words)
    return replace(first, others=tuple(dict.fromkeys(different)))


def _placed(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[Mention]]:
    """Rows with the number of their place and, where a town is known, `where` it is."""
    fields = ["town", "subdivision", "country", "sector", "address"]
    texts = rows.select(fields).unique().sort(fields, nulls_last=False)
    places = [mention(None, *values) for values in texts.iter_rows()]
    where = [f"{place.town}|{place.subdivision}" if place.town else None for place in places]
    texts = texts.with_row_index("place").with_columns(where=pl.Series(where, dtype=_TEXT))
    return rows.join(texts, on=fields, nulls_equal=True), places


def _unions(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[unions.Union]]:
    """Rows with the number of the union that they mention, and the distinct mentions."""
    fields = ["name", "town", "subdivision", "country", "other_names", "keys"]
    texts = rows.select(fields).unique().sort(fields, nulls_last=False)
    bodies = [
        unions.mention(*values, others=others, keys=keys) for *values, others, keys in texts.iter_rows()
    ]
    named = dict.fromkeys(body for body in bodies if body.national or body.names)
    number = {body: n for n, body in enumerate(named)}
    texts = texts.with_columns(number=pl.Series([number.get(body) for body in bodies], dtype=pl.UInt32))
    found = rows.join(texts, on=fields, nulls_equal=True).drop("name").rename({"number": "name"})
    place = pl.concat_str("town", "subdivision", separator="|", ignore_nulls=True)
    where = pl.when(pl.col("town").is_not_null()).then(place)
    found = found.drop_nulls("name")
    return found.with_columns(place=pl.lit(0, pl.UInt32), where=where), list(number)


def _registers() -> pl.Expr:
    """One bit for each register that gave the mention a key."""
    issuer = pl.col("keys").list.eval(pl.element().str.split(":").list.first())
    bits = [
        issuer.list.contains(name).cast(pl.UInt64) * (1 << n)
        for n, name in enumerate(sorted(model().registers))
    ]
    return pl.sum_horizontal(bits)


def _pairs(mentions: _Mentions) -> pl.DataFrame:
    """`left`, `right` (numbers of rows), `keyed` (one key on both): every pair worth comparing."""
    parts = _union_pairs(mentions) if mentions.kind == "Union" else _employer_pairs(mentions)
    if mentions.within:
        parts.append(_neighbours(mentions))
    pairs = _keyed(mentions).vstack(pl.concat(parts).with_columns(keyed=pl.lit(False)))
    return _possible(mentions, pairs).unique(_ENDS, keep="first", maintain_order=True).sort(_ENDS)


def _union_pairs(mentions: _Mentions) -> list[pl.DataFrame]:
    rows = [(n, key) for n, body in enumerate(mentions.names) for key in unions.blocks(body)]
    keys = pl.DataFrame(rows, {"name": pl.UInt32, "key": _TEXT}, orient="row")
    return [_spread(mentions, _blocks(mentions, [keys], "name"))]


def _employer_pairs(mentions: _Mentions) -> list[pl.DataFrame]:
    variants = _variants(mentions)
    rarest = _rarest(variants)
    named, placed = _by_name(mentions, variants, rarest), _by_place(mentions, variants, rarest)
    near = _alike(variants, placed.select(named.columns).unique(), ALIKE_THERE)
    return [
        _spread(mentions, _alike(variants, named, ALIKE)),
        placed.join(near, on=named.columns, how="semi").select(_ENDS),
    ]


def _variants(mentions: _Mentions) -> pl.DataFrame:
    """Every name, further name and stated parent: `name` (number), `line`, `words`, `joined`, `initials`."""
    lines = [
        (n, " ".join(words))
        for n, name in enumerate(mentions.names)
        for words in (name.words, *name.others, name.parent)
        if words
    ]
    names, texts = zip(*lines, strict=True) if lines else ((), ())
    words = pl.col("line").str.split(" ")
    return pl.DataFrame(
        {"name": pl.Series(names, dtype=pl.UInt32), "line": pl.Series(texts, dtype=_TEXT)}
    ).with_columns(
        words=words,
        joined=pl.col("line").str.replace_all(" ", "", literal=True),
        initials=words.list.eval(pl.element().str.head(1)).list.join(""),
    )


def _rarest(variants: pl.DataFrame) -> pl.DataFrame:
    """`name`, `word`, `rank`: the words of each name that the fewest names have."""
    words = variants.explode("words").select("name", word="words").unique()
    counted = words.with_columns(names=pl.len().over("word")).sort("name", "names", "word")
    ranked = counted.with_columns(rank=pl.int_range(pl.len()).over("name"))
    return ranked.filter(pl.col("rank") < RAREST).drop("names")


def _by_name(mentions: _Mentions, variants: pl.DataFrame, words: pl.DataFrame) -> pl.DataFrame:
    """Names that share a rare word, two words, the beginning, all consonants, or the initials of one."""
    two = words.join(words, on="name", suffix="_2").filter(pl.col("rank") < pl.col("rank_2"))
    ends = [of("word", "word_2") for of in (pl.min_horizontal, pl.max_horizontal)]
    bare = pl.col("joined").str.replace_all("[aeiouy]", "")
    size = pl.col("words").list.len()
    short = variants.filter((size == 1) & pl.col("joined").str.len_chars().is_between(3, 6))
    short = short.select("name", word="joined")
    long = variants.filter(size > 2).select("name", word="initials")
    long = long.join(short.select("word").unique(), on="word", how="semi")
    long = long.filter(pl.len().over("word") <= NEIGHBOURS)
    keys = [
        words.select("name", key=_key("word", "word")),
        two.select("name", key=_key("words", *ends)),
        variants.select(
            "name", key=_key("bare", pl.when(bare.str.len_chars() > 3).then(bare).otherwise("joined"))
        ),
        pl.concat([short, long]).select("name", key=_key("initials", "word")),
        variants.filter(size > 1).select(
            "name", key=_key("first", pl.col("words").list.head(2).list.join(" "))
        ),
    ]
    return _blocks(mentions, keys, "name")


def _by_place(mentions: _Mentions, variants: pl.DataFrame, rarest: pl.DataFrame) -> pl.DataFrame:
    """Mentions that share a word, or the beginning, and the town; a word and the state or the sector.

    `left`, `right` (rows), `left_name`, `right_name`.
    """
    words = mentions.rows.join(rarest, on="name")
    letters = variants.select("name", word=pl.col("joined").str.head(4)).unique()
    begins = mentions.rows.join(letters, on="name")
    town = [(words, "town", pl.col("where")), (begins, "begins", pl.col("where"))]
    state, branch = pl.col("subdivision"), pl.col("sector").str.extract(r"(\d{4})")
    parts = [*town, (words, "state", state), (words, "branch", branch)]
    keys = [part.select("row", key=_key(sort, "word", of)).drop_nulls() for part, sort, of in parts]
    pairs = _blocks(mentions, keys, "row").rename({"left_row": "left", "right_row": "right"})
    return _with_names(mentions, pairs).filter(pl.col("left_name") != pl.col("right_name"))


def _with_names(mentions: _Mentions, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of rows with the numbers of their names; within one frame the smaller number is left."""
    names = mentions.rows["name"]
    named = pairs.with_columns(names.gather(pairs[side]).alias(f"{side}_name") for side in _ENDS)
    if not mentions.within:
        return named
    both = ("left_name", "right_name")
    return named.with_columns(left_name=pl.min_horizontal(both), right_name=pl.max_horizontal(both))


def _key(sort: str, *parts: pl.Expr | str) -> pl.Expr:
    text = pl.concat_str(pl.lit(sort), *parts, separator="|")
    return pl.when(text.is_not_null()).then(text.hash())


def _blocks(mentions: _Mentions, keys: list[pl.DataFrame], of: str) -> pl.DataFrame:
    """`left_<of>`, `right_<of>`: names or mentions that share a key that few have."""
    there = [mentions.side(side).select(of).unique() for side in (0, 1)]
    found = []
    for part in keys:
        ends = [
            part.unique().join(mine, on=of, how="semi").rename({of: f"{side}_{of}"})
            for side, mine in zip(_ENDS, there, strict=True)
        ]
        sizes = [end.group_by("key").len("size") for end in ends]
        both = sizes[0].join(sizes[1], on="key")
        few = both.filter(pl.col("size") * pl.col("size_right") <= CAP**2)
        pairs = ends[0].join(few, on="key", how="semi").join(ends[1], on="key").drop("key")
        ordered = pl.col(f"left_{of}") < pl.col(f"right_{of}")
        found.append((pairs.filter(ordered) if mentions.within else pairs).unique())
    return pl.concat(found).unique()


def _alike(variants: pl.DataFrame, pairs: pl.DataFrame, least: float) -> pl.DataFrame:
    """The pairs of names of which any two variants are alike, or one is the other joined or its initials."""
    first = variants.unique("name", keep="first", maintain_order=True)["line"]
    kept = [pairs.clear()]
    for part in pairs.sort(pairs.columns).iter_slices(_AT_ONCE):
        keep = _ratios(*(first.gather(part[name]) for name in part.columns)) >= least
        others = part.filter(~keep).join(variants, left_on="left_name", right_on="name")
        others = others.join(variants, left_on="right_name", right_on="name")
        same = [pl.col(a) == pl.col(f"{b}_right") for a, b in _SHORTENED]
        close = pl.any_horizontal(*same, pl.lit(_ratios(others["line"], others["line_right"]) >= least))
        kept += [part.filter(keep), others.filter(close).select(part.columns).unique()]
    return pl.concat(kept)


def _ratios(left: pl.Series, right: pl.Series) -> pl.Series:
    return pl.Series(cpdist(left.to_list(), right.to_list(), scorer=token_set_ratio, workers=2))


def _spread(mentions: _Mentions, names: pl.DataFrame) -> pl.DataFrame:
    """Pairs of mentions of two names: all where they are few, else those of one place and the first ones."""
    left, right = (mentions.side(side).select("row", "name", "where") for side in (0, 1))
    counts = [frame.group_by("name").len("rows") for frame in (left, right)]
    sized = names.join(counts[0], left_on="left_name", right_on="name")
    sized = sized.join(counts[1], left_on="right_name", right_on="name")
    few = pl.col("rows") * pl.col("rows_right") <= FEW
    many = sized.filter(~few)
    placed = [_first(frame.drop_nulls("where"), "name", "where") for frame in (left, right)]
    parts = [
        _crossed(sized.filter(few), left, right),
        _crossed(many, _first(left, "name"), _first(right, "name")),
        _crossed(many, placed[0], placed[1], "where"),
    ]
    return pl.concat(parts).filter(pl.col("left") != pl.col("right"))


def _first(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    return rows.sort("row").group_by(by).head(NEIGHBOURS)


def _crossed(names: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, *also: str) -> pl.DataFrame:
    """Every mention of one name with every mention of the other, or with those that agree in `also`."""
    rows = names.select("left_name", name="right_name").join(left, left_on="left_name", right_on="name")
    pairs = rows.join(right, on=["name", *also])
    return pairs.select(
        left=pl.min_horizontal("row", "row_right"), right=pl.max_horizontal("row", "row_right")
    )


def _neighbours(mentions: _Mentions) -> pl.DataFrame:
    """Mentions of one and the same name: each with the next ones by place, and with the first of all."""
    rows = mentions.rows.sort("name", "where", "row", nulls_last=False).with_columns(
        first=pl.col("row").first().over("name"), size=pl.len().over("name")
    )
    steps = range(1, int(FEW**0.5) + 1)
    parts = [rows.select(left="first", right="row")]
    for step in steps:
        close = (pl.col("size") <= steps.stop) | (step <= NEIGHBOURS)
        next_ = rows.with_columns(
            right=pl.col("row").shift(-step), next_name=pl.col("name").shift(-step)
        ).filter((pl.col("name") == pl.col("next_name")) & close)
        parts.append(next_.select(left="row", right="right"))
    pairs = pl.concat(parts).filter(pl.col("left") != pl.col("right"))
    return pairs.select(left=pl.min_horizontal(_ENDS), right=pl.max_horizontal(_ENDS))


def _keyed(mentions: _Mentions) -> pl.DataFrame:
    """Mentions that share a key."""
    keys = mentions.rows.select("row", "side", key="keys").explode("key").drop_nulls("key")
    left, right = (keys if mentions.within else keys.filter(side=side) for side in (0, 1))
    pairs = left.join(right, on="key").filter(pl.col("row") < pl.col("row_right"))
    return pairs.select(left="row", right="row_right", keyed=pl.lit(True))


def _possible(mentions: _Mentions, pairs: pl.DataFrame) -> pl.DataFrame:
    """Pairs of two things to which no register gave a key each, plants of one place.

    A key that both have outweighs that.
    """
    facts = mentions.rows.select("thing", "registers", "where")
    for side in _ENDS:
        pairs = pairs.hstack(facts[pairs[side]].select(pl.all().name.prefix(f"{side}_")))
    apart = pl.col("left_registers") & pl.col("right_registers") != 0
    if mentions.kind == "Plant":
        apart |= _differ("^(.*)[|]") | _differ("[|](.+)$")
    things = pl.col("left_thing") != pl.col("right_thing")
    return pairs.filter(things & (pl.col("keyed") | ~apart)).select(*_ENDS, "keyed")


def _differ(part: str) -> pl.Expr:
    """Whether a part of both places is known and not the same: town, subdivision."""
    here, there = (pl.col(f"{side}_where").str.extract(part) for side in _ENDS)
    return (here != there).fill_null(False)


def _named(mentions: _Mentions, pairs: pl.DataFrame) -> pl.DataFrame:
    """`left`, `right` (ids; within one frame the smaller is left) and the things of pairs of rows."""
    ids = mentions.rows.select("id", "thing")
    ends = {side: ids[pairs[side]] for side in _ENDS}
    found = pl.DataFrame({f"{side}_{c}": end[c] for side, end in ends.items() for c in ids.columns})
    turned = pl.lit(mentions.within) & (pl.col("left_id") > pl.col("right_id"))
    pick = {
        f"{side}{end}": pl.when(turned).then(f"{other}_{c}").otherwise(f"{side}_{c}")
        for side, other in (_ENDS, _ENDS[::-1])
        for c, end in (("id", ""), ("thing", "_thing"))
    }
    return found.select(**pick)


def _levels(mentions: _Mentions, pairs: pl.DataFrame) -> pl.DataFrame:
    """The level of every comparison of each pair; each distinct pair of names and places compared once."""
    what = mentions.rows.select("name", "place")
    pairs = pairs.with_columns(owners=_parents(mentions, pairs))
    for side in _ENDS:
        pairs = pairs.hstack(what[pairs[side]].select(pl.all().name.prefix(f"{side}_")))
    fields = ["left_name", "left_place", "right_name", "right_place", "keyed", "owners"]
    distinct = pairs.select(fields).unique(maintain_order=True)
    kind, names, places = mentions.kind, mentions.names, mentions.places
    if kind == "Union":
        levels = [unions.compare(names[n], names[m]) for n, _, m, *_ in distinct.iter_rows()]
    else:
        chains = _chains(mentions) if kind == "Corporation" else frozenset[str]()
        levels = []
        for n, p, m, q, keyed, parent in distinct.iter_rows():
            left, right = places[p]._replace(name=names[n]), places[q]._replace(name=names[m])
            levels.append(_compared(left, right, kind, chains, keyed, parent))
    comparisons = COMPARISONS[kind]
    found = distinct.hstack(pl.DataFrame(levels, dict.fromkeys(comparisons, _TEXT)))
    return pairs.join(found, on=fields, how="left", maintain_order="left").select(comparisons)


def _parents(mentions: _Mentions, pairs: pl.DataFrame) -> pl.Series:
    """What sources say of the owners of each pair: `owns`, `one_parent`, `other`, `unknown`."""
    known = mentions.rows.select("thing", "owners")
    (left, above_left), (right, above_right) = (known[pairs[side]].get_columns() for side in _ENDS)
    found = pl.select(l=left, r=right, a=above_left, b=above_right)
    a, b = pl.col("a"), pl.col("b")
    return found.select(
        pl.when(a.list.contains(pl.col("r")) | b.list.contains(pl.col("l")))
        .then(pl.lit("owns"))
        .when((a.list.len() == 0) | (b.list.len() == 0))
        .then(pl.lit("unknown"))
        .when(a.list.set_intersection(b).list.len() > 0)
        .then(pl.lit("one_parent"))
        .otherwise(pl.lit("other"))
        .alias("parent")
    ).to_series()


def _chains(mentions: _Mentions) -> frozenset[str]:
    """Names, in one word, that mentions in many towns have to themselves: of firms known everywhere."""
    joined = pl.Series([name.joined for name in mentions.names], dtype=_TEXT)
    towns = mentions.rows.select("where", joined=joined.gather(mentions.rows["name"])).drop_nulls()
    known = towns.group_by("joined").agg(pl.col("where").n_unique()).filter(pl.col("where") >= CHAIN)
    return frozenset(name for name in known["joined"] if len(name) > _SHORT)


def _compared(
    left: Mention, right: Mention, kind: str, chains: frozenset[str], keyed: bool, parent: str
) -> dict[str, str]:
    """The levels; a name that is a chain's is rare."""
    levels = compare(left, right, kind, parent)
    if keyed:
        levels["keys"] = "same"
    if levels["shared"] == "middle" and left.name.joined == right.name.joined and left.name.joined in chains:
        levels["shared"] = "rare"
    return levels
