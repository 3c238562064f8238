"""Reads the text of a Cypher query before the engine does, so that it means what it means in Neo4j.

What would write, call or read files is refused, and so is what the engine would silently answer in another
way than Neo4j. What reaches the engine is written anew from tokens: names in backticks, every text as a
parameter, no comments, so the engine can find no statement that was not found here.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, NoReturn

from graph.cypher_values import Values
from graph.property_graph import edge_schema, node_kinds, node_schema, vocabulary
from ontology import WrongUseError, nearest

_STARTS = {"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN"}
_MANY = 4  # kinds of a node from which the engine loses rows
_CLAUSES = {*_STARTS, "WHERE", "ORDER", "SKIP", "LIMIT", "UNION"}
_REFUSED = {
    **dict.fromkeys(("CREATE", "MERGE", "SET", "DELETE", "DETACH", "REMOVE", "FOREACH"), "writes"),
    **dict.fromkeys(("DROP", "ALTER", "COPY", "LOAD", "ATTACH", "INSTALL", "UNINSTALL", "UPDATE"), "refused"),
    **dict.fromkeys(("EXPORT", "IMPORT", "USE", "CALL", "BEGIN", "COMMIT", "ROLLBACK"), "refused"),
    **dict.fromkeys(("CHECKPOINT", "EXPLAIN", "PROFILE"), "refused"),
}
_BEFORE_VALUE = {
    *_CLAUSES,
    *("AND", "OR", "XOR", "NOT", "IN", "AS", "BY", "THEN", "ELSE", "WHEN", "CASE", "DISTINCT", "CONTAINS"),
}
_UNLIKE = {
    "SUBSTRING": ("counts from 1 here, from 0 in Neo4j", "write left(text, n) or right(text, n)"),
    "SUBSTR": ("counts from 1 here and is unknown in Neo4j", "write left(text, n) or right(text, n)"),
    "LABEL": ("is unknown in Neo4j", "write labels(node) or type(relationship)"),
    "ID": ("gives other numbers in Neo4j", "compare the property `id`: n.id"),
}
_WRITTEN = {
    "TOSTRING": ("CAST(", " AS STRING)"),
    "TOINTEGER": ("CAST(", " AS INT64)"),
    "TOFLOAT": ("CAST(", " AS DOUBLE)"),
}
_OPERATORS = {
    *("AND", "OR", "XOR", "NOT", "IN", "IS", "CONTAINS", "STARTS", "ENDS", "WITH"),
    *("CASE", "WHEN", "THEN", "ELSE", "END", "TRUE", "FALSE", "NULL"),
}
_TEXT = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CONSTANT = re.compile(rf"(?i)[-+]?[0-9.]+|true|false|null|{_TEXT}|\[(?:{_TEXT},?)*\]")
_LONGEST = 30
_INTEGER = 2**63
_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n\r]*|/\*.*?\*/)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<name>`[^`\\\x00-\x1f]+`)
    |(?P<param>\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+))
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<word>[^\W\d]\w*)
    |(?P<open>/\*)
    |(?P<other>[()\[\]{},.:;|+\-*/%^=<>!&~])
    |(?P<bad>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", **{c: c for c in "\\'\"`"}}


@dataclass(frozen=True)
class Token:
    """A word, name, text, number, parameter or sign of a query; `place` is its place among the tokens."""

    kind: str
    text: str
    start: int
    place: int

    @cached_property
    def key(self) -> str:
        return self.text.upper() if self.kind in ("word", "other") else f"<{self.kind}>"

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        return self.text.strip("`")


@dataclass
class Reading:
    """A query that was read: what the engine gets, and how to speak of the query as it was written."""

    name: str
    text: str
    values: dict[str, Any]
    variables: dict[str, frozenset[str]]
    output: str = ""
    spans: list[tuple[int, Token]] = field(default_factory=list)
    names: list[str] | None = None
    limitable: bool = False

    def limited(self, rows: int) -> str:
        """The engine's text, cut after some rows where the query does not say how many it wants."""
        return f"{self.output}\nLIMIT {rows}" if self.limitable else self.output

    def columns(self, given: Sequence[str]) -> list[str]:
        """Names of columns as Neo4j gives them: the alias, or the expression as it was written."""
        names = self.names if self.names and len(self.names) == len(given) else list(given)
        return [name if names.index(name) == n else f"{name}_{n}" for n, name in enumerate(names)]

    def where(self, line: int, offset: int) -> str:
        """A place in the engine's text as a place in the query."""
        lines = self.output.split("\n")
        at = sum(len(text) + 1 for text in lines[: line - 1]) + offset
        token = next((t for start, t in reversed(self.spans) if start <= at), None)
        return _where(self.name, self.text, token.start if token else 0)

    def at(self, name: str) -> str:
        """Where a name first stands."""
        tokens = (t for _, t in self.spans if t.name.casefold() == name.casefold())
        token = next(tokens, None)
        return _where(self.name, self.text, token.start) if token else self.name

    @property
    def known(self) -> list[str]:
        """Variables of the query's patterns."""
        return [name for name in self.variables if name[0] != " "]

    @property
    def known_text(self) -> str:
        return f"the patterns have {', '.join(self.known)}" if self.known else "name it in a pattern first"

    def properties(self, variable: str) -> list[str]:
        """Properties that a variable of a pattern may have."""
        return sorted(_properties(self.variables.get(variable) or frozenset(node_kinds())))


def read(text: str, params: Mapping[str, Any], name: str = "query") -> Reading:
    """Read a query; raises `WrongUseError` where it is refused.

    >>> read("MATCH (o:Organization) RETURN o.name", {}).output
    'MATCH (o:`Union`|`Corporation`|`Agency`|`Association`) RETURN o.`name`'
    >>> read("MATCH (p:Plant) DETACH DELETE p", {})
    Traceback (most recent call last):
    ontology.errors.WrongUseError: query, line 1, column 17: DETACH writes: the store is read-only
    """
    return _Reader(text, params, name).read()


def table_name(relationship: str) -> str:
    """Name of a relationship type's table; the engine tells no `CASE` from `Case`.

    >>> table_name("OWNS"), table_name("CASE")
    ('OWNS', 'CASE_')
    """
    return relationship + "_" if relationship.casefold() in _labels_folded() else relationship


@cache
def _labels_folded() -> frozenset[str]:
    return frozenset(kind.casefold() for kind in node_kinds())


def _properties(kinds: frozenset[str]) -> set[str]:
    schemas = [node_schema(kind) if kind in node_kinds() else edge_schema(kind) for kind in kinds]
    return set().union(*schemas)


def _where(name: str, text: str, start: int) -> str:
    line = text.count("\n", 0, start) + 1
    return f"{name}, line {line}, column {start - text.rfind(chr(10), 0, start)}"


@dataclass
class _Frame:
    """An open bracket: what it is, what is written when it closes; in a query, the clause that goes on."""

    kind: str
    start: int
    closing: str = ""
    clause: int = 0
    pattern: bool = False


@dataclass
class _End:
    """A node of a pattern: places of its brackets, its variable and the kinds that it may be."""

    start: int
    end: int
    variable: str
    kinds: frozenset[str]
    scope: int


@dataclass
class _Hop:
    """A relationship of a pattern, written between two nodes."""

    token: Token
    types: tuple[str, ...]
    tail: _End
    head: _End
    directed: bool
    long: bool
    variable: str
    mapped: bool
    zero: bool

    def ties(self, kinds: Mapping[str, frozenset[str]]) -> set[tuple[str, str, str]]:
        """Everything it may be: type, tail kind, head kind."""
        tails, heads = (kinds.get(end.variable, end.kinds) for end in (self.tail, self.head))
        found = set()
        for name in self.types:
            for tail, head in vocabulary().types[name]:
                forth = self.long or (tail in tails and head in heads)
                back = not self.directed and tail in heads and head in tails
                if forth or back:
                    found.add((name, tail, head))
        return found


class _Reader:
    def __init__(self, text: str, params: Mapping[str, Any], name: str) -> None:
        self.text, self.params, self.name = text, params, name
        self.tokens = list(self._tokens())
        self.written = [token.text for token in self.tokens]
        self.stack = [_Frame("query", -1)]
        self.values: dict[str, Any] = {}
        self.constants: dict[int, Any] = {}
        self.ends: list[_End] = []
        self.links: dict[int, tuple[int, str, tuple[str, ...], bool]] = {}
        self.labelled: dict[int, frozenset[str]] = {}
        self.mapped: list[Token] = []
        self.clauses = 0

    def read(self) -> Reading:
        if not self.tokens or self.tokens[0].key not in _STARTS:
            token = self.tokens[0] if self.tokens else Token("word", "", 0, 0)
            if token.key in _REFUSED:
                self._refuse_word(token)
            self._fail(
                token, "a query starts with MATCH, UNWIND, WITH or RETURN", "to change data, load a source"
            )
        place = 0
        while place < len(self.tokens):
            place = self._step(self.tokens[place])
        self._check_params()
        values = Values(self.tokens, self.written, self.constants, self._fail)
        values.read()
        for name in self.mapped:
            values.check_property(name)
        kinds = self._kinds()
        self._check_case(kinds)
        self._check_labels()
        scopes = self._scopes()
        self._check_possible([hop for hops in scopes.values() for hop in hops])
        self._check_reuse(scopes, kinds)
        self._part_filters([hop for hops in scopes.values() for hop in hops], kinds)
        self._check_union()
        found = Reading(self.name, self.text, self.values, kinds)
        self._write(found)
        self._returned(found)
        return found

    # Tokens.

    def _tokens(self) -> Iterator[Token]:
        place = 0
        for found in _TOKEN.finditer(self.text):
            kind = found.lastgroup or "bad"
            token = Token(kind, found[0], found.start(), place)
            if kind == "name" and self.text[token.start - 1 : token.start] == "`":
                self._fail(token, "a backtick in a name", "leave it out")
            if kind in ("bad", "open"):
                self._fail(token, f"unexpected {found[0]!r}", "close every quote, backtick and comment")
            if kind != "space":
                yield token
                place += 1

    def _step(self, token: Token) -> int:
        """Read one token and what belongs to it; returns the place of the next."""
        reader = getattr(self, f"_read_{token.kind}", None)
        following = reader(token) if reader else None
        return following or token.place + 1

    def _before(self, place: int, back: int = 1) -> Token:
        return self.tokens[place - back] if place >= back else Token("other", "", 0, -1)

    def _after(self, place: int, on: int = 1) -> Token:
        return (
            self.tokens[place + on]
            if place + on < len(self.tokens)
            else Token("other", "", len(self.text), -1)
        )

    def _read_string(self, token: Token) -> None:
        key = f"__text{token.place}"
        self.values[key] = self.constants[token.place] = self._decoded(token)
        self.written[token.place] = f"${key}"

    def _read_param(self, token: Token) -> None:
        value = self.params.get(token.text[1:])
        if value is None:
            self.written[token.place] = "NULL"
            return
        for each in value if isinstance(value, list | tuple) else [value]:
            if each is not None and not isinstance(each, str | int | float):
                hint = "give text, numbers, true or false, or a list of them"
                self._fail(token, f"{token.text} is a {type(value).__name__}", hint)
            if isinstance(each, int) and not -_INTEGER <= each < _INTEGER:
                self._fail(token, f"{each} is too large for an integer of 64 bits", "give it as text")
        self.values[token.text[1:]] = self.constants[token.place] = value

    def _read_number(self, token: Token) -> None:
        least = token.text == str(_INTEGER) and self._before(token.place).key == "-"
        if token.text.isdigit() and int(token.text) >= _INTEGER and not least:
            self._fail(token, f"{token.text} is too large for an integer of 64 bits", "write it as text")
        if float(token.text) == float("inf"):
            self._fail(token, f"{token.text} is too large a number", "write a smaller one")

    def _read_name(self, token: Token) -> None:
        if self._before(token.place).key == ".":
            self._check_property(token)

    def _read_word(self, token: Token) -> None:
        before = self._before(token.place)
        key_of_map = self.stack[-1].kind == "map" and self._after(token.place).key == ":"
        if (before.key == "." and self._before(token.place, 2).key != ".") or key_of_map:
            self._check_property(token)
            self.written[token.place] = f"`{token.text}`"
            return
        if token.key in _REFUSED:
            self._refuse_word(token)
        if not token.text.isascii():
            self.written[token.place] = f"`{token.text}`"
        frame = self.stack[-1]
        if frame.kind == "query" and token.key in _CLAUSES:
            frame.pattern = token.key == "MATCH"
            self.clauses += 1
            frame.clause = self.clauses

    def _check_property(self, token: Token) -> None:
        known = vocabulary().properties
        in_pattern = any(frame.kind in ("node", "rel") for frame in self.stack)
        if token.name not in known and (in_pattern or token.name.lower() in known):
            hint = _nearest(token.name, dict.fromkeys(known)) or "see docs/reference/property-graph.md"
            self._fail(token, f"no property {token.name!r}", hint)
        if in_pattern and self._after(token.place).key == ":":
            self.mapped.append(token)

    def _read_other(self, token: Token) -> int | None:
        if token.text in "([{":
            self._open(token)
        elif token.text in ")]}":
            self._close(token)
        elif token.text == ":":
            return self._colon(token)
        elif token.text == "*" and self.stack[-1].kind == "rel":
            return self._length(token)
        elif token.text == ";" and token.place < len(self.tokens) - 1:
            self._fail(token, "one query at a time", "leave out what follows `;`")
        elif token.text == ";":
            self.written[token.place] = ""
        return None

    def _refuse_word(self, token: Token) -> NoReturn:
        if _REFUSED[token.key] == "writes":
            self._fail(token, f"{token.key} writes: the store is read-only", "ask with MATCH … RETURN")
        hint = f"a query only reads the graph; a name of your own stands in backticks: `{token.text}`"
        self._fail(token, f"{token.key} is refused", hint)

    # Brackets.

    def _open(self, token: Token) -> None:
        kind, closing = {"(": self._parenthesis, "[": self._bracket, "{": self._brace}[token.text](token)
        self.clauses += 1
        self.stack.append(_Frame(kind, token.place, closing, self.clauses))

    def _parenthesis(self, token: Token) -> tuple[str, str]:
        before = self._before(token.place)
        if before.kind == "word" and before.key not in _BEFORE_VALUE and before.key not in ("EXISTS", "ALL"):
            return "call", self._call(before, token)
        if before.kind == "word" and before.key in ("EXISTS", "ALL"):
            return "paren", ""
        first, second = self._after(token.place), self._after(token.place, 2)
        bare = first.kind in ("word", "name") and second.key in (")", ":", "{")
        in_pattern = self.stack[-1].kind == "query" and self.stack[-1].pattern
        node = in_pattern or ((first.key in (")", ":", "{") or bare) and self._is_pattern(token))
        if node and self.stack[-1].kind == "call":
            self._fail(
                token, "a pattern is no value in Neo4j", "write COUNT { MATCH … } or EXISTS { MATCH … }"
            )
        return ("node" if node else "paren"), ""

    def _is_pattern(self, token: Token) -> bool:
        """Whether a parenthesis outside of MATCH is a node: a relationship stands before or after it."""
        if self._before(token.place).key in ("-", ">") and self._before(token.place, 2).key in ("-", "]"):
            return True
        depth, place = 0, token.place
        while place < len(self.tokens):
            depth += {"(": 1, "{": 1, "[": 1, ")": -1, "}": -1, "]": -1}.get(self.tokens[place].key, 0)
            if depth == 0:
                break
            place += 1
        after, then = self._after(place), self._after(place, 2)
        return (after.key, then.key) in (("-", "["), ("-", "-"), ("<", "-"))

    def _call(self, function: Token, token: Token) -> str:
        """What the engine calls the function; returns what closes the call."""
        if function.key in _UNLIKE and self._before(function.place).key != ".":
            why, hint = _UNLIKE[function.key]
            self._fail(function, f"{function.text}() {why}", hint)
        if function.key == "TYPE":
            self.written[function.place], self.written[token.place] = "regexp_replace(label", "("
            self.values |= {"__end": "_$", "__none": ""}
            return "), $__end, $__none)"
        if function.key == "LABELS":
            self.written[function.place], self.written[token.place] = "CASE label", "("
            cases = []
            for number, (kind, labels) in enumerate(node_kinds().items()):
                self.values |= {f"__kind{number}": kind, f"__labels{number}": list(labels)}
                cases.append(f" WHEN $__kind{number} THEN $__labels{number}")
            return f"){''.join(cases)} END"
        if function.key in _WRITTEN:
            opening, closing = _WRITTEN[function.key]
            self.written[function.place], self.written[token.place] = opening, ""
            return closing
        return ""

    def _bracket(self, token: Token) -> tuple[str, str]:
        before, earlier = self._before(token.place), self._before(token.place, 2)
        if before.key == "-" and earlier.key in (")", "<"):
            return "rel", ""
        value = before.kind in ("name", "param", "string") or before.key in (")", "]", "}")
        if value or (before.kind == "word" and before.key not in _BEFORE_VALUE):
            hint = "write UNWIND list AS item, or item IN list"
            self._fail(token, "lists count from 1 here, from 0 in Neo4j", hint)
        return "list", ""

    def _brace(self, token: Token) -> tuple[str, str]:
        before = self._before(token.place)
        return ("query" if before.key in ("EXISTS", "COUNT", "COLLECT") else "map"), ""

    def _close(self, token: Token) -> None:
        opening = {")": "(", "]": "[", "}": "{"}[token.text]
        frame = self.stack[-1]
        if frame.start < 0 or self.tokens[frame.start].text != opening:
            self._fail(token, f"{token.text!r} closes nothing", "count the brackets before it")
        self.stack.pop()
        if frame.closing:
            self.written[token.place] = frame.closing
        if frame.kind == "node":
            self._end_node(frame, token)
        elif frame.kind == "rel":
            self._end_link(frame, token)

    def _end_node(self, frame: _Frame, token: Token) -> None:
        first = self._after(frame.start)
        variable = first.name if first.kind in ("word", "name") else f" {frame.start}"
        kinds = self.labelled.get(frame.start, frozenset(node_kinds()))
        outer = self.stack[-1]
        scope = outer.clause if outer.kind == "query" and outer.pattern else -outer.clause - 1
        self.ends.append(_End(frame.start, token.place, variable, kinds, scope))

    def _end_link(self, frame: _Frame, token: Token) -> None:
        first = self._after(frame.start)
        variable = first.name if first.kind in ("word", "name") else ""
        inside = self.tokens[frame.start : token.place]
        long = any(t.key == "*" for t in inside)
        types = tuple(self.labelled.get(frame.start, frozenset(vocabulary().types)))
        self.links[frame.start] = (token.place, variable, types, long)

    # Labels, types, lengths.

    def _colon(self, token: Token) -> int | None:
        frame = self.stack[-1]
        if frame.kind == "map":
            return None
        if frame.kind == "list":
            self._fail(token, "slices count from 1 here, from 0 in Neo4j", "write UNWIND list AS item")
        if frame.kind not in ("node", "rel"):
            self._fail(token, "a label stands in a pattern", "write MATCH (n:Label), or 'Label' IN labels(n)")
        names, signs, place = self._label_names(token)
        if frame.kind == "rel":
            found = self._types(names, signs)
            self.written[token.place] = ":" + "|".join(f"`{table_name(name)}`" for name in found)
            known = frozenset(found)
        else:
            known = self._node_kinds(names, signs)
            ordered = [kind for kind in node_kinds() if kind in known]
            self.written[token.place] = ":" + "|".join(f"`{kind}`" for kind in ordered)
        for between in range(token.place + 1, place):
            self.written[between] = ""
        self.labelled[frame.start] = known
        return place

    def _label_names(self, token: Token) -> tuple[list[Token], list[Token], int]:
        names: list[Token] = []
        signs: list[Token] = []
        place = token.place + 1
        while True:
            name = self._after(place - 1)
            if name.kind not in ("word", "name"):
                self._fail(name, f"a label or type is expected, not {name.text!r}", "write :A, :A|B or :A:B")
            names.append(name)
            place += 1
            sign = self._after(place - 1)
            if sign.key not in ("|", ":", "&"):
                return names, signs, place
            signs.append(sign)
            place += 2 if sign.key == "|" and self._after(place).key == ":" else 1

    def _types(self, names: list[Token], signs: list[Token]) -> list[str]:
        for sign in signs:
            if sign.key != "|":
                self._fail(sign, "a relationship has one type", "write :A|B for one or the other")
        for name in names:
            if name.name not in vocabulary().types:
                hint = _nearest(name.name, vocabulary().types) or "see docs/reference/property-graph.md"
                self._fail(name, f"no relationship type {name.name!r}", hint)
        return list(dict.fromkeys(name.name for name in names))

    def _node_kinds(self, names: list[Token], signs: list[Token]) -> frozenset[str]:
        if len({sign.key == "|" for sign in signs}) > 1:
            self._fail(signs[0], "`|` and `:` in one label expression", "write one of them only")
        either = bool(signs) and signs[0].key == "|"
        found: frozenset[str] | None = None
        for name in names:
            if name.name not in vocabulary().labels:
                hint = _nearest(name.name, vocabulary().labels) or "see docs/reference/property-graph.md"
                self._fail(name, f"no label {name.name!r}", hint)
            kinds = frozenset(vocabulary().labels[name.name])
            found = kinds if found is None else found | kinds if either else found & kinds
        if not found:
            self._fail(names[0], "no node has all of these labels", "write :A|B for one or the other")
        return found

    def _length(self, token: Token) -> int:
        """`*1..3` as the engine writes it where, as in Neo4j, no path takes a relationship twice."""
        place = token.place + 1
        least, place = self._number(place)
        dots = self._after(place - 1).key == "." and self._after(place).key == "."
        most = least
        if dots:
            most, place = self._number(place + 2)
        if most is None or most > _LONGEST:
            hint = f"write how many at most, such as *1..5 (up to {_LONGEST})"
            self._fail(token, "a variable length needs a bound: longer paths would be left out here", hint)
        self.written[token.place] = f"* TRAIL {1 if least is None else least}..{most}"
        for between in range(token.place + 1, place):
            self.written[between] = ""
        return place

    def _number(self, place: int) -> tuple[int | None, int]:
        token = self._after(place - 1)
        return (int(token.text), place + 1) if token.text.isdigit() else (None, place)

    # What only shows in the whole query.

    def _check_params(self) -> None:
        used = {token.text[1:]: token for token in self.tokens if token.kind == "param"}
        for name, token in used.items():
            if name not in self.params:
                hint = nearest(name, self.params) or f"give it a value: -p {name}=VALUE"
                self._fail(token, f"no value for ${name}", hint)
        for name in self.params:
            if name not in used:
                known = ", ".join(f"${found}" for found in sorted(used)) or "no parameter"
                raise WrongUseError(
                    f"{self.name}: the query does not use the parameter ${name}",
                    hint=nearest(name, used) or f"the query has {known}",
                )

    def _kinds(self) -> dict[str, frozenset[str]]:
        """Kinds of node by variable: what all patterns that name it allow."""
        kinds: dict[str, frozenset[str]] = {}
        for end in self.ends:
            kinds[end.variable] = kinds.get(end.variable, end.kinds) & end.kinds
        for _, variable, types, _ in self.links.values():
            if variable:
                kinds.setdefault(variable, frozenset(types))
        return kinds

    def _check_case(self, kinds: Mapping[str, frozenset[str]]) -> None:
        """The engine takes `a` and `A` for one variable."""
        aliases = {t.name: t for t in self.tokens if self._before(t.place).key == "AS"}
        seen: dict[str, str] = {}
        for variable in [*kinds, *aliases]:
            other = seen.setdefault(variable.casefold(), variable)
            if other != variable:
                token = next(t for t in self.tokens if t.name == variable)
                self._fail(token, f"{variable!r} and {other!r} are one name here", "give one another name")

    def _scopes(self) -> dict[int, list[_Hop]]:
        """The relationships of each MATCH."""
        scopes: dict[int, list[_Hop]] = {}
        for left, right in zip(self.ends, self.ends[1:], strict=False):
            if left.scope == right.scope and (hop := self._hop(left, right)):
                scopes.setdefault(left.scope, []).append(hop)
        return scopes

    @cached_property
    def _withs(self) -> list[int]:
        return [t.place for t in self.tokens if t.key == "WITH" and self._is_clause(t)]

    @cached_property
    def _unions(self) -> list[int]:
        return [t.place for t in self._outside() if t.key == "UNION" and self._is_clause(t)]

    def _branch(self, place: int) -> int:
        """Number of the branch of UNION that a place is in."""
        return bisect(self._unions, place)

    def _check_labels(self) -> None:
        """The engine does not read the labels of a variable that has labels already."""
        first: dict[tuple[int, str], frozenset[str]] = {}
        for end in self.ends:
            known = first.setdefault((self._branch(end.start), end.variable), end.kinds)
            if end.start in self.labelled and not known <= end.kinds and known < frozenset(node_kinds()):
                hint = f"give {end.variable!r} its label where it stands first, or write 'Label' IN labels(…)"
                self._fail(self.tokens[end.start], f"{end.variable!r} has other labels before", hint)

    def _check_possible(self, hops: list[_Hop]) -> None:
        """Refuse what no node can have: where nothing can match, the engine takes anything."""
        kinds: dict[tuple[int, str], frozenset[str]] = {}
        for end in self.ends:
            key = self._branch(end.start), end.variable
            kinds[key] = kinds.get(key, end.kinds) & end.kinds
        for hop in hops:
            branch = self._branch(hop.token.place)
            tails, heads = kinds[branch, hop.tail.variable], kinds[branch, hop.head.variable]
            pairs = [pair for name in hop.types for pair in vocabulary().types[name]]
            pairs += [] if hop.directed else [(head, tail) for tail, head in pairs]
            can_begin, can_end = ({pair[n] for pair in pairs} for n in (0, 1))
            both = any(tail in tails and head in heads for tail, head in pairs)
            if not (tails & can_begin and heads & can_end if hop.long else both):
                hint = "what each type joins: docs/reference/property-graph.md"
                self._fail(hop.token, "no such relationship is between these nodes", hint)
            if hop.zero and not tails <= can_begin | can_end:
                hint = "name labels that may have it, such as (c:Corporation)-[:OWNS*0..3]->(d)"
                self._fail(hop.token, "*0 leaves out nodes here that cannot have this relationship", hint)

    def _check_reuse(self, scopes: dict[int, list[_Hop]], kinds: Mapping[str, frozenset[str]]) -> None:
        """Two relationships of one MATCH are never the same one in Neo4j; here they may be."""
        for hops in scopes.values():
            for n, first in enumerate(hops):
                for second in hops[n + 1 :]:
                    if _may_be_one(first, second, kinds):
                        self._fail(
                            second.token,
                            "this may be the same relationship as one before it in MATCH, never in Neo4j",
                            "begin a second MATCH before it; add WHERE a.id <> b.id where ends must differ",
                        )

    def _part_filters(self, hops: list[_Hop], kinds: Mapping[str, frozenset[str]]) -> None:
        """Write WITH * between two MATCH that meet in a node of many kinds, one with a condition on the
        relationship there: without it the engine leaves rows out."""
        seen: dict[str, bool] = {}
        clauses = [token for token in self._outside() if self._is_clause(token)]
        spans = list(zip(clauses, [*(clause.place for clause in clauses[1:]), len(self.tokens)], strict=True))
        for number, (clause, end) in enumerate(spans):
            if clause.key in ("WITH", "RETURN"):
                seen = {}
            if clause.key != "MATCH":
                continue
            conditions = self._conditions(spans[number:])
            here: dict[str, list[bool]] = {}
            for hop in hops:
                if clause.place < hop.token.place < end:
                    for variable in {hop.tail.variable, hop.head.variable}:
                        if len(kinds[variable]) >= _MANY:
                            here.setdefault(variable, []).append(hop.mapped or hop.variable in conditions)
            if any(variable in seen and (seen[variable] or any(found)) for variable, found in here.items()):
                before = self._before(clause.place)
                start = before if before.key == "OPTIONAL" else clause
                self.written[start.place] = f"WITH * {self.written[start.place]}"
                seen = {}
            for variable, found in here.items():
                if any(found) and len(found) > 1:
                    why = f"with a condition on a relationship of {variable!r} the engine leaves out rows"
                    self._fail(
                        clause, why, "use a second MATCH for the other relationship, or name one label"
                    )
                seen[variable] = seen.get(variable, False) or any(found)

    def _conditions(self, spans: list[tuple[Token, int]]) -> set[str]:
        """Variables whose properties are compared in the WHERE of the MATCH clauses until the next WITH."""
        found: set[str] = set()
        for (before, _), (clause, end) in pairwise(spans):
            if before.key == "WITH" or clause.key in ("WITH", "RETURN"):
                break
            if clause.key == "WHERE":
                tokens = self.tokens[clause.place : end]
                found |= {token.name for token in tokens if self._after(token.place).key == "."}
        return found

    def _hop(self, left: _End, right: _End) -> _Hop | None:
        between = self.tokens[left.end + 1 : right.start]
        link = next((self.links[t.place] for t in between if t.place in self.links), None)
        start = next((t.place for t in between if t.place in self.links), right.start)
        end = link[0] if link else start - 1
        arrow = "".join(t.text for t in between if not start <= t.place <= end)
        if arrow not in ("--", "-->", "<--", "<-->"):
            return None
        types, long = (link[2], link[3]) if link else (tuple(vocabulary().types), False)
        tail, head = (right, left) if arrow == "<--" else (left, right)
        variable = link[1] if link else ""
        mapped = any(token.key == "{" for token in between)
        zero = any(t.key == "*" and self._after(t.place).text == "0" for t in between)
        return _Hop(between[0], types, tail, head, arrow in ("-->", "<--"), long, variable, mapped, zero)

    # Output.

    def _write(self, found: Reading) -> None:
        parts: list[str] = []
        size, end = 0, 0
        for token, written in zip(self.tokens, self.written, strict=True):
            gap = self.text[end : token.start]
            space = "\n" * gap.count("\n") or " " * bool(gap)
            found.spans.append((size + len(space), token))
            parts += [space, written]
            size += len(space) + len(written)
            end = token.end
        found.output = "".join(parts)

    def _returned(self, found: Reading) -> None:
        """Names of the columns, and whether the query may be cut by a LIMIT at its end."""
        outside = list(self._outside())
        words = [token.key for token in outside]
        if "RETURN" not in words:
            token = self.tokens[-1]
            self._fail(token, "the query returns nothing", "end it with RETURN …")
        start = words.index("RETURN")
        ends = ("ORDER", "SKIP", "LIMIT", "UNION", ";")
        stop = next((n for n in range(start, len(words)) if words[n] in ends), len(words))
        found.names = self._column_names(outside[start + 1 : stop], stop, outside)
        found.limitable = "UNION" not in words and "LIMIT" not in words[start:]

    def _check_union(self) -> None:
        """Refuse one expression under two names in a branch of UNION: the engine mixes up the columns."""
        outside = [token for token in self._outside() if self._is_clause(token)]
        if all(token.key != "UNION" for token in outside):
            return
        known: dict[str, str] = {}
        columns: list[str] = []
        for clause, following in zip(outside, [*outside[1:], None], strict=True):
            if clause.key == "UNION":
                known = {}
            if clause.key not in ("WITH", "RETURN"):
                continue
            end = following.place if following else len(self.tokens)
            named: dict[str, str] = {}
            for item in self._items(clause.place + 1, end):
                tokens, name = self._named(item)
                value = "".join(self._meant(token, known, clause.place) for token in tokens)
                if (
                    clause.key == "RETURN"
                    and value in named.values()
                    and not _CONSTANT.fullmatch(value.strip())
                ):
                    self._fail(
                        item[0],
                        "a branch of UNION returns one expression under two names, which the engine mixes up",
                        f"write coalesce({self.text[tokens[0].start : tokens[-1].end]}) AS {name}",
                    )
                named[name] = value
            if clause.key == "RETURN" and "*" not in named:
                columns = columns or list(named)
                if list(named) != columns:
                    hint = f"return {', '.join(columns)} in every branch"
                    self._fail(clause, "the branches of UNION have other columns, or in another order", hint)
            known = named

    def _is_clause(self, token: Token) -> bool:
        before = self._before(token.place).key
        return token.kind == "word" and token.key in _CLAUSES and before not in (".", "AS", "STARTS", "ENDS")

    def _items(self, start: int, end: int) -> Iterator[list[Token]]:
        """What stands between the commas of a WITH or RETURN."""
        depth = 0
        item: list[Token] = []
        for token in self.tokens[start:end]:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.key, 0)
            if depth == 0 and token.key == ",":
                yield item
                item = []
            elif not (depth == 0 and token.key in ("DISTINCT", ";")):
                item.append(token)
        if item:
            yield item

    def _named(self, item: list[Token]) -> tuple[list[Token], str]:
        """An expression without the brackets around it, and the name that it gets."""
        alias = len(item) > 2 and item[-2].key == "AS"
        tokens = item[:-2] if alias else item
        name = item[-1].name if alias else "".join(token.text for token in tokens)
        while len(tokens) > 2 and tokens[0].key == "(" and self._closes(tokens):
            tokens = tokens[1:-1]
        return tokens, name

    def _closes(self, tokens: list[Token]) -> bool:
        """Whether the first bracket closes with the last token."""
        depth = 0
        for n, token in enumerate(tokens):
            depth += {"(": 1, ")": -1}.get(token.key, 0)
            if depth == 0:
                return n == len(tokens) - 1
        return False

    def _meant(self, token: Token, known: Mapping[str, str], clause: int) -> str:
        """A token as it is compared: a name stands for its expression, or is new since the last WITH."""
        if token.kind not in ("word", "name"):
            return token.text
        if self._after(token.place).key == "(":
            return token.text.lower()
        if self._before(token.place).key == "." or token.key in _OPERATORS:
            return f" {token.text} " if token.key in _OPERATORS else token.name
        return known.get(token.name, f"{token.name}#{self._stage(clause)}")

    def _stage(self, clause: int) -> int:
        """How many WITH stand before a clause."""
        return bisect(self._withs, clause - 1)

    def _outside(self) -> Iterator[Token]:
        """Tokens outside of all brackets; an opening bracket stands for what it holds."""
        depth = 0
        for token in self.tokens:
            if depth == 0:
                yield token
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.key, 0)

    def _column_names(self, tokens: list[Token], stop: int, outside: list[Token]) -> list[str] | None:
        if tokens and tokens[0].key == "DISTINCT":
            tokens = tokens[1:]
        limit = outside[stop].start if stop < len(outside) else len(self.text)
        names = []
        while tokens:
            n = next((n for n, token in enumerate(tokens) if token.key == ","), len(tokens))
            end = tokens[n].start if n < len(tokens) else limit
            if tokens[0].key == "*":
                return None
            alias = n > 1 and tokens[n - 2].key == "AS"
            last = max((t for t in self.tokens if t.start < end), key=lambda t: t.start)
            names.append(tokens[n - 1].name if alias else self.text[tokens[0].start : last.end])
            tokens = tokens[n + 1 :]
        return names

    def _decoded(self, token: Token) -> str:
        def character(found: re.Match[str]) -> str:
            if found[1] or found[2]:
                return chr(int(found[1] or found[2], 16))
            if found[3] not in _ESCAPES:
                self._fail(token, f"no such escape: \\{found[3]}", "write a backslash as \\\\")
            return _ESCAPES[found[3]]

        pattern = r"\\(?:u([0-9A-Fa-f]{4})|U(000[0-9A-Fa-f]{5}|0010[0-9A-Fa-f]{4})|(.))"
        return re.sub(pattern, character, token.text[1:-1], flags=re.DOTALL)

    def _fail(self, token: Token, message: str, hint: str) -> NoReturn:
        raise WrongUseError(f"{_where(self.name, self.text, token.start)}: {message}", hint=hint)


def _may_be_one(first: _Hop, second: _Hop, kinds: Mapping[str, frozenset[str]]) -> bool:
    """Whether two relationships may be one and the same. One after the other in one direction may not: no
    thing is tied to itself."""
    if not first.ties(kinds) & second.ties(kinds):
        return False
    chain = first.head.variable == second.tail.variable or first.tail.variable == second.head.variable
    return not (chain and first.directed and second.directed and not first.long and not second.long)


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    folded = next((found for found in known if found.casefold() == name.casefold()), None)
    return f"did you mean {folded!r}?" if folded else nearest(name, known)
