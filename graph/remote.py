"""SPARQL queries to any SPARQL 1.1 endpoint: parameters as terms, answers read like those of the local store.

Only the query is sent. Updates are refused before anything is sent; SERVICE is left to the endpoint.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from itertools import islice, pairwise
from typing import Any, TypeAlias

import httpx
import pyoxigraph as ox

from graph.rdf import PREFIXES
from graph.sparql import (
    MAX_ROWS,
    Cell,
    Result,
    TimeLimitError,
    Token,
    TooLargeError,
    Value,
    bound,
    check,
    form_of,
    tokens_of,
    too_many,
    undeclared,
)
from graph.sparql_worker import cell, term, turtle
from ontology import TrinationalError, WrongUseError

Body: TypeAlias = tuple[str, bytes]

MAX_BYTES = 256 * 2**20
_SECRET = re.compile(r"(?<=//).*@", re.DOTALL)
_HOPS = 5
_LONG = 4000
_ROWS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "application/xml": ox.QueryResultsFormat.XML,
    "text/xml": ox.QueryResultsFormat.XML,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
_GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/x-turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "text/plain": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/xml": ox.RdfFormat.RDF_XML,
    "text/xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
}
_ACCEPT = {
    True: "application/sparql-results+json, application/sparql-results+xml;q=0.8",
    False: "text/turtle, application/n-triples;q=0.9, application/rdf+xml;q=0.7, application/ld+json;q=0.5",
}


def query(
    url: str,
    text: str,
    params: Mapping[str, Value] | None = None,
    *,
    timeout: float = 60.0,
    limit: int | None = None,
    name: str = "query",
) -> Result:
    """Ask an endpoint.

    Parameters
    ----------
    url
        Address of the endpoint; a user and password in it are sent to that host alone and never shown.
    text
        A query; the prefixes of `graph.rdf.PREFIXES` that it uses without declaring them are declared.
    params, limit, name
        As in `graph.sparql.query`. Values become VALUES with escaped terms, never text of the query.
    timeout
        Seconds until the request is given up.

    Raises
    ------
    WrongUseError
        An update, a parameter that would not be bound, an address that is none, or a query that the endpoint
        calls malformed (400).
    TrinationalError
        The endpoint cannot be reached, fails, is no endpoint, or gives too much.
    """
    values = bound(params)
    check(text, values, name, service=True)
    rows = (form_of(list(tokens_of(text))) or _SELECT).key in ("SELECT", "ASK")
    asked = declared(with_values(text, values))
    media, body = _Request(_address(url), asked, rows, timeout).send()
    wanted = MAX_ROWS if limit is None else limit
    result = (_rows if rows else _graph)(media, body, wanted, _shown(url))
    if result.truncated and limit is None:
        raise too_many(name)
    return result


_SELECT = Token("word", "SELECT", 0)


def _address(url: str) -> httpx.URL:
    try:
        given = httpx.URL(url)
    except httpx.InvalidURL:
        raise WrongUseError(f"{_SECRET.sub('', url)!r} is no address") from None
    if given.scheme not in ("http", "https") or not given.host:
        raise WrongUseError(
            f"{_SECRET.sub('', url)!r} is no address of an endpoint",
            hint="such as https://example.org/sparql",
        )
    return given


def _shown(url: str | httpx.URL) -> str:
    return str(httpx.URL(url).copy_with(username=None, password=None))


# The text that is sent.


def declared(text: str) -> str:
    """The query with those of our prefixes declared that it uses; lines keep their numbers.

    >>> declared("ASK { ?s skos:prefLabel ?o }")
    'PREFIX skos: <http://www.w3.org/2004/02/skos/core#> ASK { ?s skos:prefLabel ?o }'
    """
    used = sorted({token.text.partition(":")[0] for token in undeclared(text, ())} & PREFIXES.keys())
    return "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}> " for prefix in used) + text


def with_values(text: str, values: Mapping[str, Cell]) -> str:
    """The query with parameters bound by VALUES at the start of each group that speaks of them.

    >>> with_values("ASK { ?s ?p ?o FILTER(?o > ?n) }", {"n": {"type": "literal", "value": 'a" b'}})
    'ASK { VALUES ?n { "a\\\\" b" } ?s ?p ?o FILTER(?o > ?n) }'
    """
    if not values:
        return text
    text = _with_template(text)
    clauses = {name: f" VALUES ?{name} {{ {term(found)} }}" for name, found in values.items()}
    reader = _Groups(list(tokens_of(text)), set(values))
    if not reader.whole:
        names = " ".join(f"?{name}" for name in values)
        return f"{text}\nVALUES ({names}) {{ ({' '.join(str(term(v)) for v in values.values())}) }}"
    for place in sorted(reader.places, reverse=True):
        inserted = "".join(clauses[name] for name in clauses if name in reader.places[place])
        text = text[: place + 1] + inserted + text[place + 1 :]
    return text


def _with_template(text: str) -> str:
    """`CONSTRUCT WHERE { … }`, which may not hold VALUES, in the form with a template."""
    tokens = list(tokens_of(text))
    form = form_of(tokens)
    after = next((two.key for one, two in pairwise(tokens) if one is form), "{")
    if not form or form.key != "CONSTRUCT" or after == "{":
        return text
    braces = [token.start for token in tokens if token.key in ("{", "}")]
    end = form.start + len(form.text)
    return f"{text[:end]} {text[braces[0] : braces[-1] + 1]}{text[end:]}" if braces else text


class _Groups:
    """Where the groups of a query start, and which of the parameters each of them holds.

    `whole`: the query has a group for all of it that may hold VALUES.
    """

    def __init__(self, tokens: list[Token], names: set[str]) -> None:
        self.places: dict[int, set[str]] = {}
        self.whole = False
        self._names, self._open = names, list[tuple[str, int, set[str]]]()
        self._data = False
        for place, token in enumerate(tokens):
            before = tokens[place - 1].key if place else ""
            following = tokens[place + 1].key if place + 1 < len(tokens) else ""
            self._read(token, before, following)

    def _read(self, token: Token, before: str, following: str) -> None:
        if token.key == "VALUES":
            self._data = True
        elif token.key == "{":
            kind = self._kind(before, following)
            self._open.append((kind, token.start, set()))
            self._data = False
        elif token.key == "}" and self._open:
            self._close()
        elif token.kind == "variable" and self._open and token.text[1:] in self._names:
            self._open[-1][2].add(token.text[1:])

    def _kind(self, before: str, following: str) -> str:
        if self._data:
            return "data"
        if before == "CONSTRUCT":
            return "template"
        if following == "SELECT":
            return "select"
        return "group" if self._open else "whole"

    def _close(self) -> None:
        kind, start, held = self._open.pop()
        if kind == "whole":
            self.whole, held = True, self._names
        if kind in ("group", "whole") and held:
            self.places[start] = held
        if self._open:
            self._open[-1][2].update(held)


# The request.


class _Request:
    """One query on its way: redirects, another method where POST is not known, time and size."""

    def __init__(self, url: httpx.URL, text: str, rows: bool, timeout: float) -> None:
        self._url, self._text, self._timeout = url, text, timeout
        self._ends = time.monotonic() + timeout
        self._headers = {"Accept": _ACCEPT[rows], "User-Agent": f"trinational/{version('trinational')}"}

    def send(self) -> Body:
        """Media type and bytes of the answer."""
        try:
            with httpx.Client(headers=self._headers, timeout=self._timeout) as client:
                return self._follow(client)
        except httpx.TimeoutException:
            raise self._late() from None
        except httpx.TransportError as error:
            reason = str(error) or type(error).__name__
            raise TrinationalError(
                f"{_shown(self._url)} cannot be reached: {reason}", hint="check the address and the network"
            ) from None
        except httpx.HTTPError as error:
            raise TrinationalError(f"{_shown(self._url)}: {error}") from None

    def _follow(self, client: httpx.Client) -> Body:
        method = "POST"
        for _ in range(_HOPS):
            with self._stream(client, method) as response:
                if response.status_code == 405 and method == "POST" and len(self._text) < _LONG:
                    method = "GET"
                elif response.has_redirect_location:
                    method = "GET" if response.status_code == 303 else method
                    self._url = self._target(response)
                else:
                    return self._read(response)
        raise TrinationalError(f"{_shown(self._url)}: more than {_HOPS} redirects")

    def _stream(self, client: httpx.Client, method: str) -> Any:
        given = {"query": self._text}
        if method == "POST":
            return client.stream(method, self._url, data=given)
        return client.stream(method, self._url.copy_merge_params(given))

    def _target(self, response: httpx.Response) -> httpx.URL:
        target = _address(str(self._url.join(response.headers["location"])))
        if self._url.scheme == "https" and target.scheme == "http":
            raise TrinationalError(f"{_shown(self._url)} leads to {_shown(target)}, which is not encrypted")
        return target

    def _read(self, response: httpx.Response) -> Body:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_BYTES:
                raise TooLargeError(
                    f"{_shown(self._url)} gives more than {MAX_BYTES // 2**20} MB",
                    hint="add LIMIT, or count and group",
                )
            if time.monotonic() > self._ends:
                raise self._late()
        media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != 200:
            raise self._failure(response, media, body.decode(errors="replace"))
        return media, bytes(body)

    def _late(self) -> TimeLimitError:
        return TimeLimitError(
            f"{_shown(self._url)} did not answer within {self._timeout:g} seconds",
            hint="narrow the query, or allow more with --timeout",
        )

    def _failure(self, response: httpx.Response, media: str, body: str) -> TrinationalError:
        said = _plain(body) if "html" in media or "xml" in media else body.strip()
        said = re.sub(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", said)
        lines = f": {said[:600]}" if said else ""
        message = f"{_shown(self._url)} answered {response.status_code} {response.reason_phrase}{lines}"
        if response.status_code == 400:
            return WrongUseError(message)
        return TrinationalError(message, hint=_HINTS.get(response.status_code, ""))


_HINTS = {
    401: "the endpoint wants a user and a password: https://USER:PASSWORD@host/…",
    403: "the endpoint refuses this query",
    404: "is this the endpoint's address? It often ends in /sparql or /query",
    405: "is this the endpoint's address? It often ends in /sparql or /query",
    429: "the endpoint wants fewer queries: wait, then try again",
    503: "the query may take too long there: narrow it, or try again later",
}


def _plain(page: str) -> str:
    """The words of a page."""
    text = re.sub(r"(?s)<(script|style|head)\b.*?</\1>|<[^>]*>", " ", page)
    return " ".join(html.unescape(text).split())


# The answer.


def _rows(media: str, body: bytes, limit: int, url: str) -> Result:
    form = _form(_ROWS, media, url)
    return _parsed(lambda: _read_rows(ox.parse_query_results(body, format=form), limit), media, url)


def _read_rows(found: ox.QuerySolutions | ox.QueryBoolean, limit: int) -> Result:
    if isinstance(found, ox.QueryBoolean):
        return Result(boolean=bool(found))
    names = tuple(variable.value for variable in found.variables)
    rows = tuple(tuple(cell(value) for value in row) for row in islice(found, limit + 1))
    return Result(names, rows[:limit], truncated=len(rows) > limit)


def _graph(media: str, body: bytes, limit: int, url: str) -> Result:
    form = _form(_GRAPHS, media, url)
    return _parsed(lambda: _read_graph(ox.parse(body, format=form, base_iri=url), limit), media, url)


def _read_graph(found: Iterable[ox.Quad], limit: int) -> Result:
    triples = [quad.triple for quad in islice(found, limit + 1)]
    return Result(graph=turtle(triples[:limit], PREFIXES), truncated=len(triples) > limit)


def _form(known: Mapping[str, Any], media: str, url: str) -> Any:
    if media in known:
        return known[media]
    what = "a web page" if "html" in media else media or "no media type"
    raise TrinationalError(
        f"{url} answered with {what}, not with results of a query",
        hint="is this the endpoint's address? It often ends in /sparql or /query",
    )


def _parsed(read: Callable[[], Result], media: str, url: str) -> Result:
    try:
        return read()
    except (SyntaxError, ValueError, OSError) as error:
        reason = str(error)
    raise TrinationalError(f"{url}: the answer is no valid {media}: {reason}")
