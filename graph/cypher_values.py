"""Where the engine computes another value than Neo4j: what is written for it instead, or refused.

Types are known of constants, parameters, properties and what some functions give; what stands for anything
else is left as it is.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING, Any, NoReturn

import polars as pl

from graph.property_graph import edge_schema, node_kinds, node_schema, vocabulary

if TYPE_CHECKING:
    from graph.cypher_text import Token

_RESULTS = {
    **dict.fromkeys(("COUNT", "SIZE", "LENGTH", "TOINTEGER"), "integer"),
    **dict.fromkeys(("AVG", "TOFLOAT", "SQRT", "ROUND", "LOG", "LOG10"), "decimal"),
    **dict.fromkeys(("FLOOR", "CEIL"), "whole"),
    **dict.fromkeys(("TOSTRING", "LEFT", "RIGHT", "TOLOWER", "TOUPPER", "TRIM", "REPLACE", "TYPE"), "text"),
    **dict.fromkeys(("COLLECT", "LABELS", "SPLIT", "RANGE", "NODES", "RELATIONSHIPS"), "list"),
}
_OF_FIRST = ("SUM", "MIN", "MAX", "ABS", "COALESCE")
_NUMBERS = ("integer", "decimal", "whole")
_BEFORE_VALUE = ("WHERE", "AND", "OR", "XOR", "NOT", "WHEN", "THEN", "ELSE", "RETURN", "WITH", "(", ",")
_LISTS = ("ALL", "ANY", "NONE", "SINGLE")
_CLAUSES = ("MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "WHERE", "ORDER", "SKIP", "LIMIT", "UNION")
_DELIMITERS = (
    *(*_CLAUSES, ",", "=", "<", ">", "|", ":", ";", "AND", "OR", "XOR", "NOT", "IN", "IS", "STARTS", "ENDS"),
    *("CONTAINS", "CASE", "WHEN", "THEN", "ELSE", "END", "DISTINCT", "AS", "BY", "ASC", "DESC"),
)
_ENDS = (*_DELIMITERS, ")", "]", "}")
_STRANGE = re.compile(r"\(\?(?:[=!>]|<[=!]?)|\\[1-9k]|(?<!\\)[*+?}]\+|\{[0-9]{4}")
_FLAGS = re.compile(r"\(\?[a-zA-Z-]+\)")
_SPLIT = (
    "CASE WHEN {text} IS NULL THEN NULL ELSE list_transform(string_split(concat('#', "
    "replace({text}, {by}, concat({by}, '#'))), {by}), piece -> substring(piece, 2, size(piece))) END"
)


class Values:
    """The expressions of a query; `written` is what the engine gets for each token, and is changed."""

    def __init__(
        self,
        tokens: Sequence[Token],
        written: list[str],
        constants: Mapping[int, Any],
        fail: Callable[[Token, str, str], NoReturn],
    ) -> None:
        self._tokens, self._written, self._constants, self._fail = tokens, written, constants, fail
        self._closing: dict[int, int] = {}
        self._depths: list[int] = []
        opened: list[int] = []
        for token in tokens:
            if token.key in (")", "]", "}") and opened:
                self._closing[opened.pop()] = token.place
            self._depths.append(len(opened))
            if token.key in ("(", "[", "{"):
                opened.append(token.place)
        self._opening = {end: start for start, end in self._closing.items()}
        self._known: dict[str, str] = {}
        self._aliases = self._find_aliases()

    def read(self) -> None:
        """Read all expressions, what stands inside of others first."""
        for token in sorted(self._tokens, key=lambda token: (-self._depths[token.place], -token.place)):
            reader = getattr(self, f"_read_{token.key.lower()}", None) if token.kind == "word" else None
            if reader and self._is_word(token.place):
                reader(token)
            elif token.key in ("=", "<", ">"):
                self._read_comparison(token)
            elif token.key == "+":
                self._read_plus(token)

    def _key(self, place: int) -> str:
        return self._tokens[place].key if 0 <= place < len(self._tokens) else ""

    def _is_word(self, place: int) -> bool:
        """Whether a word is one of the language: names of labels and properties are written otherwise."""
        return self._written[place][:1] not in ("", "`")

    def _text(self, start: int, end: int) -> str:
        return " ".join(self._written[start:end])

    def _blank(self, start: int, end: int) -> None:
        self._written[start:end] = [""] * (end - start)

    # Types.

    def kind(self, start: int, end: int) -> str:
        """Type of the expression between two places; empty where it is not known.

        `integer`, `decimal`, `whole` (a decimal without a fraction), `text`, `boolean`, `list`.
        """
        while self._key(start) == "(" and self._closing.get(start) == end - 1:
            start, end = start + 1, end - 1
        if self._key(start) in ("-", "+"):
            return self.kind(start + 1, end)
        if self._key(start) == "CASE" and self._is_word(start):
            return _merged([self.kind(*branch) for branch in self._branches(self._parts(start))])
        if end - start == 1:
            return self._kind_of_one(self._tokens[start])
        if end - start == 3 and self._key(start + 1) == "." and self._tokens[start].kind in ("word", "name"):
            return _kinds().get(self._tokens[start + 2].name, "")
        if self._closing.get(start) == end - 1:
            return "list" if self._key(start) == "[" else ""
        if self._closing.get(start + 1) == end - 1 and self._key(start + 1) == "(":
            return self._kind_of_call(start, end)
        return self._kind_of_sum(start, end)

    def _kind_of_one(self, token: Token) -> str:
        if token.kind == "number":
            return "decimal" if re.search("[.eE]", token.text) else "integer"
        if token.kind in ("string", "param"):
            value = self._constants.get(token.place)
            names = {bool: "boolean", int: "integer", float: "decimal", str: "text", list: "list"}
            return names.get(type(value), "")
        if token.key in ("TRUE", "FALSE", "NULL"):
            return "null" if token.key == "NULL" else "boolean"
        kinds = {self.kind(*place) for place in self._aliases.pop(token.name, ())}
        if kinds:
            self._known[token.name] = kinds.pop() if len(kinds) == 1 else ""
        return self._known.get(token.name, "")

    def _find_aliases(self) -> dict[str, list[tuple[int, int]]]:
        """Where the expressions stand that get a name by AS."""
        found: dict[str, list[tuple[int, int]]] = {}
        for token in self._tokens[1:-1]:
            if token.key == "AS" and self._is_word(token.place):
                start = self._back(token.place, ("WITH", "RETURN", "DISTINCT", "UNWIND", ","))
                if self._key(start - 1) != "UNWIND":
                    name = self._tokens[token.place + 1].name
                    found.setdefault(name, []).append((start, token.place))
        return found

    def _back(self, place: int, stops: Sequence[str]) -> int:
        """Place after the last of some words and signs before a place, outside of brackets."""
        while place > 0:
            before = place - 1
            if self._key(before) in ("(", "[", "{") or (self._key(before) in stops and self._ends(before)):
                return place
            place = self._opening.get(before, before)
        return place

    def _kind_of_call(self, start: int, end: int) -> str:
        if self._key(start) in _OF_FIRST:
            first = start + 2 + (self._key(start + 2) == "DISTINCT")
            return self.kind(first, next(iter(self._outside(first, end - 1, (",",))), end - 1))
        return _RESULTS.get(self._key(start), "")

    def _kind_of_sum(self, start: int, end: int) -> str:
        """Type of what stands between the signs of a sum or product."""
        signs = self._outside(start, end, ("+", "-", "*", "/", "%", "^"))
        bounds = [start - 1, *signs, end]
        if not signs or any(two - one < 2 for one, two in pairwise(bounds)):
            return ""
        kinds = {self.kind(one + 1, two) for one, two in pairwise(bounds)}
        if "text" in kinds:
            return "text"
        return "decimal" if "whole" in kinds and kinds <= set(_NUMBERS) else _merged(list(kinds))

    def _outside(self, start: int, end: int, signs: Sequence[str]) -> list[int]:
        """Places of some signs outside of all brackets."""
        found, place = [], start
        while place < end:
            if self._key(place) in signs:
                found.append(place)
            place = self._closing.get(place, place) + 1
        return found

    def _arguments(self, token: Token) -> list[tuple[int, int]]:
        """Where the arguments of a call stand; none where it is no call."""
        end = self._closing.get(token.place + 1)
        if self._key(token.place + 1) != "(" or end is None:
            return []
        commas = self._outside(token.place + 2, end, (",",))
        return list(zip([token.place + 2, *(c + 1 for c in commas)], [*commas, end], strict=True))

    # Functions.

    def _read_sum(self, token: Token) -> None:
        """The sum of nothing is null for the engine, 0 for Neo4j."""
        for _, end in self._arguments(token)[-1:]:
            self._written[token.place], self._written[end] = "coalesce(sum", "), 0)"

    def _read_log(self, token: Token) -> None:
        """The engine's `log` has the base 10."""
        if self._arguments(token):
            self._written[token.place] = "ln"

    def _read_tostring(self, token: Token) -> None:
        for argument in self._arguments(token):
            if self.kind(*argument) in ("decimal", "whole"):
                why = "toString() writes six decimals here, as many as needed in Neo4j"
                self._fail(token, why, "return the number itself")
            if self.kind(*argument) == "boolean":
                self._fail(
                    token, "writes True here, true in Neo4j", "CASE WHEN … THEN 'true' ELSE 'false' END"
                )

    def _read_tointeger(self, token: Token) -> None:
        for argument in self._arguments(token):
            if self.kind(*argument) == "decimal":
                hint = "write toInteger(floor(x)), below zero toInteger(ceil(x))"
                self._fail(token, "toInteger() rounds here, and cuts off in Neo4j", hint)

    def _read_reverse(self, token: Token) -> None:
        for argument in self._arguments(token):
            if self.kind(*argument) != "text":
                self._fail(token, "reverse() knows only text here", "write reverse(toString(x))")

    def _read_keys(self, token: Token) -> None:
        if self._arguments(token):
            hint = "return the node: its known properties"
            self._fail(token, "keys() gives all properties of the kind here, those known in Neo4j", hint)

    def _read_split(self, token: Token) -> None:
        """The engine's own leaves out empty pieces."""
        arguments = self._arguments(token)
        if len(arguments) == 2:
            if self._constants.get(arguments[1][0]) == "":
                self._fail(token, "split() at an empty text is another thing in Neo4j", "split at a sign")
            text, by = (self._text(*argument) for argument in arguments)
            self._blank(token.place, arguments[1][1] + 1)
            self._written[token.place] = _SPLIT.format(text=text, by=by)

    # CASE.

    def _read_case(self, token: Token) -> None:
        """Numbers have the type of another branch for the engine (2.5 becomes 2), and null equals null."""
        parts = self._parts(token.place)
        branches = self._branches(parts)
        kinds = [self.kind(*branch) for branch in branches]
        families = sorted({_family(kind) for kind in kinds if _family(kind)})
        if len(families) > 1:
            self._fail(token, f"CASE gives {' and '.join(families)}", "give one of them in every branch")
        if "decimal" in kinds or "whole" in kinds:
            for (start, end), kind in zip(branches, kinds, strict=True):
                if kind in ("integer", ""):
                    self._written[start] = f"CAST({self._written[start]}"
                    self._written[end - 1] += " AS DOUBLE)"
        operand = self._text(token.place + 1, parts[0]) if parts else ""
        if operand:
            self._blank(token.place + 1, parts[0])
            for place in parts:
                if self._key(place) == "WHEN":
                    self._written[place] = f"WHEN ({operand}) = ("
                elif self._key(place) == "THEN":
                    self._written[place] = ") THEN"

    def _branches(self, parts: list[int]) -> list[tuple[int, int]]:
        """Where the values of a CASE stand."""
        return [
            (one + 1, two)
            for one, two in pairwise(parts)
            if self._key(one) in ("THEN", "ELSE") and two > one + 1
        ]

    def _parts(self, case: int) -> list[int]:
        """Places of WHEN, THEN, ELSE and END of the CASE at a place; none where it has no END."""
        found: list[int] = []
        inner = 0
        words = ("CASE", "WHEN", "THEN", "ELSE", "END")
        for place in self._outside(case + 1, len(self._tokens), (*words, ")", "]", "}")):
            if not self._is_word(place):
                continue
            if self._key(place) == "CASE":
                inner += 1
            elif self._key(place) not in words:
                return []
            elif not inner:
                found.append(place)
                if self._key(place) == "END":
                    return found
            elif self._key(place) == "END":
                inner -= 1
        return []

    # Sums of text, order.

    def _read_plus(self, token: Token) -> None:
        """Text and null give the text for the engine, null in Neo4j."""
        start = self._back(token.place, _DELIMITERS)
        end = next((p for p in self._outside(token.place, len(self._tokens), _ENDS) if self._ends(p)), None)
        end = len(self._tokens) if end is None else end
        signs = self._outside(start, end, ("+", "-", "*", "/", "%", "^"))
        bounds = list(zip([start, *(place + 1 for place in signs)], [*signs, end], strict=True))
        kinds = [self.kind(*bound) for bound in bounds]
        if token.place != signs[0] or any(one == two for one, two in bounds) or "list" in kinds:
            return
        texts = [self._text(*b) for b in bounds if b[1] > b[0] + 1 or b[0] not in self._constants]
        if texts and ("text" in kinds or not set(kinds) & set(_NUMBERS)):
            test = " OR ".join(f"{text} IS NULL" for text in texts)
            self._written[start] = f"CASE WHEN {test} THEN NULL ELSE {self._written[start]}"
            self._written[end - 1] += " END"

    def _ends(self, place: int) -> bool:
        return self._tokens[place].kind != "word" or self._is_word(place)

    def _read_with(self, token: Token) -> None:
        """The engine forgets the order of WITH … ORDER BY … LIMIT before a count or sum of all rows."""
        words = [p for p in self._outside(token.place + 1, len(self._tokens), _CLAUSES) if self._ends(p)]
        inside = list(takewhile(lambda place: self._key(place) in ("ORDER", "SKIP", "LIMIT", "WHERE"), words))
        following = words[len(inside) : len(inside) + 1]
        whole = any(t.key == "RETURN" and self._key(t.place + 1) == "*" for t in self._tokens)
        if len({self._key(place) for place in inside} & {"ORDER", "SKIP", "LIMIT"}) > 1 and not whole:
            for place in following:
                self._written[place] = f"UNWIND [1] AS __kept{place} {self._written[place]}"

    # Comparisons.

    def _read_comparison(self, token: Token) -> None:
        place = token.place
        if self._key(place) == "=" and self._key(place + 1) == "~":
            return self._check_pattern(place + 2)
        if self._key(place + 1) in ("=", ">"):
            place += 1
        elif self._key(place - 1) in ("=", "<", ">", "-", "~"):
            return None
        left, right = self._start_of(token.place), self._end_of(place + 1)
        if left is not None and right is not None:
            families = [_family(self.kind(left, token.place)), _family(self.kind(place + 1, right))]
            if all(families) and families[0] != families[1]:
                self._differ(token, *families)
        return None

    def _differ(self, token: Token, one: str, other: str) -> NoReturn:
        hint = "text stands in quotes (-p 'name=\"42\"'), numbers and true do not"
        self._fail(token, f"{one} is compared with {other}: never equal in Neo4j, maybe here", hint)

    def check_property(self, name: Token) -> None:
        """Refuse a value of another type for a property in the map of a pattern."""
        end = self._end_of(name.place + 2)
        if end is not None:
            families = _family(_kinds().get(name.name, "")), _family(self.kind(name.place + 2, end))
            if all(families) and families[0] != families[1]:
                self._differ(name, *families)

    def _end_of(self, start: int) -> int | None:
        """Where a constant or property ends that begins at a place; None where more belongs to it."""
        one = self._tokens[start : start + 1]
        if not one or one[0].kind not in ("word", "name", "string", "number", "param"):
            return None
        end = start + (3 if self._key(start + 1) == "." else 1)
        return None if self._key(end) in (".", "(", "[", "+", "-", "*", "/", "%", "^") else end

    def _start_of(self, end: int) -> int | None:
        """Where a constant, property or call begins that ends before a place."""
        last = end - 1
        start = self._opening.get(last, last)
        if start < last and self._key(start) == "(" and self._tokens[start - 1].kind == "word":
            start -= self._key(start - 1) not in _BEFORE_VALUE
        elif start == last and self._key(last - 1) == ".":
            start = last - 2
        return None if self._key(start - 1) in (".", "+", "-", "*", "/", "%", "^") else start

    def _read_replace(self, token: Token) -> None:
        for start, _ in self._arguments(token)[1:2]:
            if self._constants.get(start) == "":
                self._fail(token, "replace() of an empty text is another thing in Neo4j", "replace a sign")

    def _read_contains(self, token: Token) -> None:
        """Every text contains the empty text, but not for the engine."""
        if self._constants.get(token.place + 1) == "" and self._key(token.place + 2) != "+":
            self._written[token.place] = "STARTS WITH"

    def _read_in(self, token: Token) -> None:
        """Null is in no empty list: false in Neo4j, null for the engine."""
        place = token.place + 1
        bare = self._key(place) == "[" and self._closing.get(place) == place + 1
        if not bare and self._constants.get(place) != []:
            return
        end = place + 2 if bare else place + 1
        start = self._start_of(token.place)
        if start and self._key(start - 2) in _LISTS:
            return
        if start is None or (start and self._key(start - 1) not in _BEFORE_VALUE):
            self._fail(token, "the list is empty: unknown here, false in Neo4j", "leave the condition out")
        self._blank(start, end)
        self._written[start] = "false"

    def _check_pattern(self, place: int) -> None:
        """The engine takes what it cannot read as a pattern that matches nothing."""
        pattern = self._constants.get(place)
        if not isinstance(pattern, str):
            return
        token = self._tokens[place]
        plain = _FLAGS.sub("", re.sub(r"\\[pP]\{\w+\}|\\[pP]\w", "a", pattern))
        try:
            with warnings.catch_warnings(action="ignore"):
                re.compile(plain)
        except re.error as error:
            self._fail(token, f"no regular expression: {error}", "write a backslash as \\\\")
        if strange := _STRANGE.search(pattern):
            self._fail(token, f"{strange[0]!r} is not known to the engine here", "match without it")
        if not pattern.isascii() and any("i" in flags for flags in _FLAGS.findall(pattern)):
            hint = "write toLower(x) =~ '…'"
            self._fail(token, "(?i) holds for é, too, here, for A to Z alone in Neo4j", hint)


def _merged(kinds: Sequence[str]) -> str:
    """The type of values of several types: null is of any."""
    known = set(kinds) - {"null"}
    if len(known) > 1 and known <= set(_NUMBERS):
        return "decimal"
    return known.pop() if len(known) == 1 else ""


def _family(kind: str) -> str:
    return "a number" if kind in _NUMBERS else {"text": "text", "boolean": "true or false"}.get(kind, "")


@cache
def _kinds() -> dict[str, str]:
    """Types of all properties: a name has one type wherever it occurs."""
    schemas = [*map(node_schema, node_kinds()), *map(edge_schema, sorted(vocabulary().derived))]
    return {name: _kind(dtype) for schema in schemas for name, dtype in schema.items()}


def _kind(dtype: pl.DataType) -> str:
    if dtype == pl.String():
        return "text"
    if dtype == pl.Boolean():
        return "boolean"
    if isinstance(dtype, pl.List):
        return "list"
    return "decimal" if dtype.is_float() else "integer"
