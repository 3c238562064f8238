"""What `describe(row)` may say: things, relations, what is left out and why; on column expressions."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import polars as pl

from loaders import clean
from loaders.clean import Value
from ontology import Column, Kind, TrinationalError, model, nearest
from ontology.authorities import check
from ontology.schema import dtype

Part: TypeAlias = "str | pl.Expr | Value | Ref"
Key: TypeAlias = "Part | tuple[Part, ...]"
Cell: TypeAlias = "str | int | float | bool | list[str] | pl.Expr | Value | None"

_ANYTHING = ("^(?:.+)$",)


@dataclass(frozen=True)
class Ref:
    """A thing that a relation can name; `said`: the row itself says it, so its key is checked there."""

    kind: str
    key: Value
    when: pl.Expr | None = None
    said: bool = False


@dataclass(frozen=True)
class Check:
    """A cell that may be wrong: `value.bad`, or missing where it must be there."""

    value: Value
    fatal: bool
    about: str
    when: pl.Expr | None = None


@dataclass(frozen=True)
class Given:
    """A value, null where `when` is not true."""

    value: Value
    when: pl.Expr | None = None

    @property
    def expr(self) -> pl.Expr:
        return self.value.clean if self.when is None else pl.when(self.when).then(self.value.clean)


@dataclass(frozen=True)
class Statement:
    """One thing or relation that each row may say.

    Its id is `prefix` and the parts of `key` joined by `|`; without prefix, the only part of `key`.
    """

    kind: Kind
    prefix: str | None
    key: tuple[Given, ...]
    when: tuple[pl.Expr, ...]
    columns: Mapping[str, Given]
    checks: tuple[Check, ...]
    each: tuple[str, ...]

    @property
    def id(self) -> pl.Expr:
        return joined(self.prefix, [given.expr for given in self.key])


def joined(prefix: str | None, parts: Sequence[pl.Expr]) -> pl.Expr:
    """The id that a prefix and parts make."""
    if prefix is None:
        return parts[0]
    return pl.concat_str(pl.lit(prefix), *[part.fill_null("") for part in parts], separator="|")


@dataclass
class Row:
    """One row, as columns: every method says something about all rows at once.

    Parameters
    ----------
    columns
        Names of the columns that the files have (some files may lack some of them).
    source
        Id of the source, the first part of the ids of relations.
    any_column
        A column that is asked for is there: for rows that are tried out.
    """

    columns: list[str]
    source: str = "test"
    any_column: bool = False
    statements: list[Statement] = field(default_factory=list)
    skips: list[tuple[str, pl.Expr]] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    forbidden: list[str] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)
    items: dict[str, tuple[str, str]] = field(default_factory=dict)
    made: dict[str, pl.Expr] = field(default_factory=dict)
    _evidence: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, column: str) -> pl.Expr:
        """A column's text, trimmed, null where empty; a file without it is refused."""
        if self.any_column and column not in self.columns:
            self.columns.append(column)
        if column not in self.columns:
            hint = nearest(column, self.columns) or "columns: " + ", ".join(self.columns)
            raise TrinationalError(f"there is no column {column!r}", hint=hint)
        self.required.add(column)
        self.used.add(column)
        return pl.col(column)

    def __contains__(self, column: object) -> bool:
        return column in self.columns

    def get(self, column: str) -> pl.Expr:
        """A column that only some layouts have: null where it is absent."""
        if column not in self.columns:
            return pl.lit(None, pl.String)
        self.used.add(column)
        return pl.col(column)

    def each(self, column: str, separator: str) -> pl.Expr:
        """Each item of a cell that holds a list; a statement that uses it is said once per item.

        `row.ref("Sector", ("naics-2022", row.each("NAICS", ";")))` names each sector of a cell.
        """
        self[column]
        name = f"{column} (split at {separator!r})"
        self.items[name] = (column, separator)
        return pl.col(name)

    def once(self, name: str, text: pl.Expr) -> pl.Expr:
        """A text made of cells that is used several times: evaluated once, as a column of that name.

        `known = row.once("class", known_class("naics-2022", row["NAICS"]))`
        """
        if name in self.columns or name in self.made:
            raise TrinationalError(f"there is a column {name!r}", hint="give what is made another name")
        if {*text.meta.root_names()} & {*self.items}:
            raise TrinationalError(f"{name!r} is made of the items of a cell", hint="say it without once()")
        self.made[name] = text
        return pl.col(name)

    def cells(self, expr: pl.Expr) -> list[str]:
        """Names of the cells that an expression is made of."""
        names: dict[str, None] = {}
        for name in expr.meta.root_names():
            names |= dict.fromkeys(self.cells(self.made[name]) if name in self.made else [name])
        return [*names]

    def defaults(self, status: Cell, **evidence: Cell) -> None:
        """Evidence columns of every statement that follows: `status`, `as_of`, `url`, `note`…

        `status` may be a term or an expression of terms.
        """
        _known(evidence, (c.name for c in model().evidence), "evidence column")
        self._evidence = {**self._evidence, "status": status, **evidence}

    def skip(self, reason: str, *, when: pl.Expr) -> None:
        """Leave out the rows for which `when` is true; they are counted as ignored, with the reason."""
        self.skips.append((reason, when))

    def ignore(self, *columns: str, why: str) -> None:
        """Columns (or globs, for what nothing else uses) that are not taken over, and why."""
        for glob in columns:
            if not glob.replace("*", "").replace("?", ""):
                raise TrinationalError(
                    f"ignore({glob!r}) would hide every new column", hint="name the columns"
                )
            self.ignored.append((glob, why))

    def forbid(self, *columns: str) -> None:
        """Columns of personal data: never read."""
        self.forbidden += columns

    def thing(self, kind: str, key: Key, *, when: pl.Expr | None = None, **columns: Cell | Ref) -> Ref:
        """Say that a thing is there.

        Parameters
        ----------
        kind
            Kind of `labor.ttl` that has a table.
        key
            `(authority, part, …)`, or one cell that is a complete id (`plant:gm-silao`).
        when
            Only the rows for which this is true say it.
        columns
            Columns of the kind and of evidence. A bare expression is cleaned as the column's type demands; a
            column that names a thing (`part_of`) takes a `Ref`.
        """
        form = _kind(kind, relation=False)
        ref = Ref(kind, _identify(key, self._dtype), when, said=True)
        checks = [Check(ref.key, True, f"key of {kind}")]
        for name, other in columns.items():
            if isinstance(other, Ref):
                _fits(form, name, other)
                if not other.said:
                    checks.append(Check(other.key, form.column(name).required, f"{kind}.{name}", other.when))
        self._say(form, None, [Given(ref.key)], [] if when is None else [when], columns, checks)
        return ref

    def ref(self, kind: str, key: Key, *, when: pl.Expr | None = None) -> Ref:
        """Name a thing that is said elsewhere; `kind` may be abstract (`Organization`, `Thing`)."""
        if kind not in model().kinds:
            raise TrinationalError(f"there is no kind {kind!r}", hint=nearest(kind, model().kinds))
        return Ref(kind, _identify(key, self._dtype), when)

    def relation(
        self, kind: str, key: Key | None = None, *, when: pl.Expr | None = None, **columns: Cell | Ref
    ) -> Ref:
        """Say that things stand in a relation.

        Parameters
        ----------
        key
            The source's own key. Without one, the ids of the roles make the id; a constant (`"parent"`) is
            added to them.
        columns
            Roles (`Ref`) and other columns. It is said only where the refs of its mandatory roles are.
        """
        form = _kind(kind, relation=True)
        missing = [c.name for c in form.columns if c.required and columns.get(c.name) is None]
        if missing:
            raise TrinationalError(
                f"{kind} needs {', '.join(missing)}", hint="see docs/reference/ontology.md"
            )
        roles = {name: ref for name, ref in columns.items() if isinstance(ref, Ref)}
        checks = []
        for name, ref in roles.items():
            _fits(form, name, ref)
            if not ref.said:
                checks.append(Check(ref.key, form.column(name).required, f"{kind}.{name}", ref.when))
        own, own_checks = self._own_key(form, key)
        joins = [] if own_checks else [roles[c.name] for c in form.roles if c.name in roles]
        parts = [*(Given(ref.key, ref.when) for ref in joins), *own]
        said = [r.when for n, r in roles.items() if form.column(n).required and r.when is not None]
        conditions = [*said, *([] if when is None else [when])]
        self._say(form, f"{self.source}/{kind}", parts, conditions, columns, [*checks, *own_checks])
        identity = self.statements[-1].id
        return Ref(kind, Value(identity, identity, "an id"), _all(conditions), said=True)

    def _own_key(self, form: Kind, key: Key | None) -> tuple[list[Given], list[Check]]:
        """The source's own key and its checks; constants alone have none and are added to the roles."""
        parts: tuple[Part, ...] = key if isinstance(key, tuple) else () if key is None else (key,)
        values = [_part(part, self._dtype) for part in parts]
        if all(isinstance(part, str) for part in parts):
            return [Given(value) for value in values], []
        return [Given(value) for value in values], [Check(v, True, f"key of {form.name}") for v in values]

    def _say(
        self,
        form: Kind,
        prefix: str | None,
        key: Sequence[Given],
        when: Sequence[pl.Expr],
        cells: Mapping[str, Cell | Ref],
        checks: Sequence[Check],
    ) -> None:
        evidence = {c.name: c for c in model().evidence}
        own = {c.name: c for c in form.columns}
        _known(cells, [*own, *evidence], f"column of {form.name}")
        given = {name: cell for name, cell in {**self._evidence, **cells}.items() if cell is not None}
        if "status" not in given:
            raise TrinationalError(f"{form.name} has no status", hint='say row.defaults("filed", …) first')
        columns: dict[str, Given] = {}
        all_checks = [*checks]
        for name, cell in given.items():
            column = own.get(name) or evidence[name]
            if isinstance(cell, Ref):
                columns[name] = Given(cell.key, cell.when)
                continue
            value = _as_value(column, cell, self._dtype)
            columns[name] = Given(value)
            about = f"{form.name}.{name}" if name in cells else name
            all_checks.append(Check(value, column.required, about))
        exprs = [*when, *(g.expr for g in [*key, *columns.values()])]
        each = sorted({root for expr in exprs for root in expr.meta.root_names() if root in self.items})
        self.statements.append(
            Statement(form, prefix, tuple(key), tuple(when), columns, tuple(all_checks), tuple(each))
        )

    def _dtype(self, expr: pl.Expr) -> pl.DataType:
        if expr.meta.is_column():
            return pl.String()
        names = expr.meta.root_names()
        return (
            pl.LazyFrame(schema=dict.fromkeys(names, pl.String())).select(expr).collect_schema().dtypes()[0]
        )

    def leftover(self) -> list[str]:
        """Columns that are neither used, ignored nor forbidden."""
        return [c for c in self.columns if c not in self.used and not self.leaves_out(c)]

    def leaves_out(self, column: str) -> bool:
        """Whether a column is forbidden, or ignored and not used."""
        globs = [glob for glob, _ in self.ignored if column not in self.used]
        return column in self.forbidden or any(fnmatch.fnmatchcase(column, glob) for glob in globs)


def _all(conditions: Sequence[pl.Expr]) -> pl.Expr | None:
    return pl.all_horizontal(*conditions) if conditions else None


def _known(given: Iterable[str], valid: Iterable[str], what: str) -> None:
    names = list(valid)
    for name in given:
        if name not in names:
            raise TrinationalError(
                f"there is no {what} {name!r}", hint=nearest(name, names) or ", ".join(names)
            )


def _kind(name: str, *, relation: bool) -> Kind:
    kinds = [k.name for k in (model().relations if relation else model().things)]
    _known([name], kinds, "kind of relation" if relation else "kind of thing")
    return model().kind(name)


def _fits(form: Kind, role: str, ref: Ref) -> None:
    """A role takes things of its classes, or of a kind above them."""
    _known([role], [c.name for c in form.roles], f"role of {form.name}")
    takes = {leaf for name in form.column(role).classes for leaf in model().leaves(name)}
    if not takes & set(model().leaves(ref.kind)):
        raise TrinationalError(f"{form.name}.{role} takes {', '.join(sorted(takes))}, not {ref.kind}")


def _part(part: Part, dtype_of: Any) -> Value:
    """One part of a key as text."""
    if isinstance(part, Ref):
        return part.key
    if isinstance(part, Value):
        return part
    if isinstance(part, str):
        if "col(" in part:
            raise TrinationalError(
                f"{part!r} was made by an f-string", hint="give the parts of a key one by one"
            )
        return Value.of(pl.lit(part), _same, "text")
    return Value.of(part if dtype_of(part) == pl.String else part.cast(pl.String), _same, "text")


def _identify(key: Key, dtype_of: Any) -> Value:
    """The id that a key makes; null where a part is missing or the authority issues no such key."""
    if not isinstance(key, tuple):
        return _complete_id(_part(key, dtype_of))
    authority, *rest = key
    if not isinstance(authority, str) or authority not in model().authorities or not rest:
        hint = nearest(str(authority), model().authorities) or "a key is (authority, part, …)"
        raise TrinationalError(f"no authority {str(authority)!r}", hint=hint)
    parts = [_part(part, dtype_of) for part in rest]
    raw = parts[0].raw if len(parts) == 1 else pl.concat_str([p.raw for p in parts], separator="/")
    own = parts[0].clean if len(parts) == 1 else pl.concat_str([p.clean for p in parts], separator="/")
    known = model().authorities[authority].pattern.pattern not in _ANYTHING

    def identified(key: pl.Expr) -> pl.Expr:
        fits = clean.let(key, lambda v: pl.when(check(authority, v)).then(v)) if known else key
        return pl.lit(authority + ":") + fits

    wants = f"a key of {authority}"
    if all(p.how is _same for p in parts):
        return Value.of(raw, identified, wants)
    return Value(raw, identified(own), wants)


def _same(raw: pl.Expr) -> pl.Expr:
    return raw


def _complete_id(cell: Value) -> Value:
    """A cell that is an id with its authority."""
    alike: dict[tuple[str, str | None], list[str]] = {}
    for name, known in model().authorities.items():
        alike.setdefault((known.pattern.pattern, known.check_digit), []).append(name)
    authority, key, whole = pl.field("authority"), pl.field("key"), pl.field("whole")
    fits = pl.any_horizontal(authority.is_in(names) & check(names[0], key) for names in alike.values())

    def fitting(text: pl.Expr) -> pl.Expr:
        parts = pl.struct(whole=text).struct.with_fields(
            authority=whole.str.extract("^([^:]+):", 1), key=whole.str.extract("^[^:]+:(?s:(.+))$", 1)
        )
        return parts.struct.with_fields(whole=pl.when(fits).then(whole)).struct.field("whole")

    return cell.then(fitting, "an id (authority:key) of a known authority")


def _as_value(column: Column, cell: Any, dtype_of: Any) -> Value:
    """The cell of a column as a value of the column's type, within the bounds that the ontology gives."""
    if column.type == "ref":
        raise TrinationalError(f"{column.name!r} names a thing", hint="give row.thing(…) or row.ref(…)")
    if not isinstance(cell, Value):
        cell = _cleaned(column, cell, dtype_of)
    wanted, given = dtype(column), dtype_of(cell.clean)
    if given != wanted and given != pl.Null:
        if not (given.is_numeric() and wanted.is_numeric()):
            raise TrinationalError(
                f"column {column.name!r} takes {wanted}, not {given}", hint=f"a cleaner gives {wanted}"
            )
        cell = cell.then(lambda value: value.cast(wanted))
    return _bounded(column, cell)


def _cleaned(column: Column, cell: Any, dtype_of: Any) -> Value:
    """A bare expression or constant, cleaned as the type of the column demands."""
    expr: pl.Expr = cell if isinstance(cell, pl.Expr) else pl.lit(cell, dtype(column))
    if column.many or dtype_of(expr) != pl.String:
        return Value.of(expr, _same, "text", many=column.many)
    if column.type == "term":
        found = clean.term(expr, column.scheme or "")
    else:
        cleaners = {
            "integer": clean.integer,
            "decimal": clean.decimal,
            "date": clean.date,
            "flag": clean.flag,
        }
        found = cleaners.get(column.type, clean.text)(expr)
    if not isinstance(cell, pl.Expr) and pl.select(found.bad).item():
        hint = nearest(str(cell), found.valid)
        raise TrinationalError(f"{column.name}: {cell!r} is not {found.wants}", hint=hint)
    return found


def _bounded(column: Column, value: Value) -> Value:
    low, high, pattern = column.minimum, column.maximum, column.pattern
    if low is None and high is None and pattern is None:
        return value

    def within(v: pl.Expr) -> pl.Expr:
        if pattern is not None:
            return v.str.contains(pattern)
        return v.is_between(-math.inf if low is None else low, math.inf if high is None else high)

    bounds = [f"of the form {pattern}" if pattern else "", f"from {low:g}" if low is not None else ""]
    bounds.append(f"up to {high:g}" if high is not None else "")
    wants = " ".join([value.wants, *filter(None, bounds)])
    return value.then(lambda v: clean.let(v, lambda w: pl.when(within(w)).then(w)), wants)
