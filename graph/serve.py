"""A SPARQL 1.1 Protocol endpoint over the local graph, for queries alone.

Every query runs in a process of its own (`graph.sparql.Run`), which ends at the time limit or when the client
goes away; its answer is complete before the status is sent, so that an error is never a broken result.
Updates, SERVICE and LOAD are refused: no query changes the store or reaches another server.
"""

from __future__ import annotations

import asyncio
import html
import re
import socket
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, quote

import h11
import pyoxigraph as ox
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from graph.sparql import Answer, NotOfferedError, RefusedError, Run, TimeLimitError
from ontology import TrinationalError, WrongUseError

PATH = "/sparql"
ROWS = {
    "application/sparql-results+json": ("application/json",),
    "application/sparql-results+xml": ("application/xml", "text/xml"),
    "text/csv": (),
    "text/tab-separated-values": (),
}
GRAPHS = {
    "text/turtle": (),
    "application/n-triples": (),
    "application/ld+json": ("application/json",),
    "application/rdf+xml": ("application/xml", "text/xml"),
}
EDITORS = ("https://yasgui.triply.cc", "https://yasgui.org")
"""Query editors in the web whose pages may read answers, beside pages served by this machine."""

_LOCAL = r"https?://(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?"
_METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
_BODY = 2**20
_HEADERS = 2**18
_PATIENCE = 20.0
_CHUNK = 2**16
_DESCRIPTION = """
PREFIX sd: <http://www.w3.org/ns/sparql-service-description#>
PREFIX format: <http://www.w3.org/ns/formats/>
CONSTRUCT {
  <> a sd:Service ; sd:endpoint <> ;
    sd:supportedLanguage sd:SPARQL11Query ; sd:defaultDataset <sparql/dataset> ;
    sd:resultFormat format:SPARQL_Results_JSON, format:SPARQL_Results_XML, format:SPARQL_Results_CSV,
      format:SPARQL_Results_TSV, format:Turtle, format:N-Triples, format:JSON-LD, format:RDF_XML .
  <sparql/dataset> a sd:Dataset ; sd:defaultGraph <sparql/default> ; sd:namedGraph _:named .
  <sparql/default> a sd:Graph .
  _:named a sd:NamedGraph ; sd:name ?name .
} WHERE { GRAPH ?name {} }
"""


@dataclass(frozen=True)
class Limits:
    """What one query may take: seconds, bytes of its answer; and how many run at once."""

    seconds: float = 60.0
    size: int = 256 * 2**20
    at_once: int = 4


@dataclass(frozen=True)
class Asked:
    """A query and the dataset of the protocol, as in `graph.sparql.Run`."""

    query: str
    default: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    @property
    def dataset(self) -> tuple[Sequence[str], Sequence[str]] | None:
        return (self.default, self.named) if self.default or self.named else None


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. `TrinationalError` where that cannot be."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.create_server(address[:2], family=family, backlog=128)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise TrinationalError(
            f"cannot listen on {host}:{port}: {reason}", hint="choose another --port (0 takes a free one)"
        ) from None


def address(listening: socket.socket) -> str:
    """The endpoint's URL."""
    host, port = listening.getsockname()[:2]
    named = f"[{host}]" if ":" in host else host
    return f"http://{named}:{port}{PATH}"


def is_local(listening: socket.socket) -> bool:
    """Whether only this machine reaches the socket."""
    return ip_address(listening.getsockname()[0]).is_loopback


def serve(
    store: Callable[[], Path],
    listening: socket.socket,
    limits: Limits | None = None,
    origins: Sequence[str] = EDITORS,
) -> None:
    """Answer queries until the process is told to stop (Ctrl-C, SIGTERM).

    Parameters
    ----------
    store
        Gives the folder of the current store; asked before each query, so that a later build is seen.
    listening
        From `listen`.
    limits
        Time and size of one query, queries at once.
    origins
        Pages (`https://host`) that may read answers in a browser, beside those of this machine; `*` for all.
    """
    app = Endpoint(store, limits or Limits(), local=is_local(listening)).app(origins)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Patient,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=256,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=_HEADERS,
        )
    )
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])


class _Patient(H11Protocol):
    """Closes connections that do not send the head of a request in time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(_PATIENCE, self._close_unless_asked)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self.loop.call_later(_PATIENCE, self._close_unless_asked)

    def _close_unless_asked(self) -> None:
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            self.transport.close()


@dataclass
class Endpoint:
    """The requests of the protocol, and their answers.

    `local`: only requests that name this machine as their host are answered, so that no page of the web
    can read the graph under a name of its own that leads here.
    """

    store: Callable[[], Path]
    limits: Limits
    local: bool = True
    slots: asyncio.Semaphore = field(init=False)
    threads: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.limits.at_once)
        self.threads = ThreadPoolExecutor(self.limits.at_once)

    def app(self, origins: Sequence[str] = EDITORS) -> Starlette:
        """The ASGI application."""
        reading = Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_origin_regex=_LOCAL,
            allow_methods=_METHODS,
            allow_headers=["*"],
            allow_private_network=True,
        )
        routes = [
            Route("/", self.welcome),
            Route(PATH, self.sparql, methods=_METHODS),
            Route(PATH + "/", self.sparql, methods=_METHODS),
        ]
        handlers = {TrinationalError: _refusal, HTTPException: _refusal, ClientDisconnect: _refusal}
        return Starlette(routes=routes, middleware=[reading], exception_handlers=handlers)

    async def welcome(self, request: Request) -> Response:
        """A page for people."""
        self._check_host(request)
        return HTMLResponse(
            _page(_endpoint(request)),
            headers={
                "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
            },
        )

    async def sparql(self, request: Request) -> Response:
        """A query, or the service description where none is asked."""
        self._check_host(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(_METHODS)})
        asked = await _asked(request)
        accept = request.headers.get("accept", "")
        if not asked and "text/html" in accept:
            return await self.welcome(request)
        rows = preferred(accept, ROWS) if asked else None
        graph = preferred(accept, GRAPHS)
        if not rows and not graph:
            offered = ", ".join([*ROWS, *GRAPHS] if asked else GRAPHS)
            raise HTTPException(406, f"none of the media types in Accept is offered\nhint: {offered}")
        answer = await self._answer(request, asked or Asked(_DESCRIPTION), rows, graph)
        return _sent(answer)

    def _check_host(self, request: Request) -> None:
        host = request.headers.get("host", "")
        if self.local and not re.fullmatch(_LOCAL, f"http://{host}", re.IGNORECASE):
            raise HTTPException(
                421, f"this endpoint is 127.0.0.1 or localhost, not {host!r}\nhint: start it with --host"
            )

    async def _answer(self, request: Request, asked: Asked, rows: str | None, graph: str | None) -> Answer:
        """Run the query when its turn comes; stop it when the client goes away."""
        async with self._slot():
            loop = asyncio.get_running_loop()
            run = Run(
                await loop.run_in_executor(self.threads, self.store),
                asked.query,
                dataset=asked.dataset,
                base=_endpoint(request),
                timeout=self.limits.seconds,
            )
            answer = loop.run_in_executor(self.threads, run.serialised, rows, graph, self.limits.size)
            gone = asyncio.create_task(_stop_when_gone(request, run))
            try:
                return await answer
            finally:
                gone.cancel()
                run.stop()

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            await asyncio.wait_for(self.slots.acquire(), self.limits.seconds)
        except TimeoutError:
            raise HTTPException(
                503, "too many queries are running\nhint: try again later", {"Retry-After": "10"}
            ) from None
        try:
            yield
        finally:
            self.slots.release()


def _endpoint(request: Request) -> str:
    try:
        return ox.NamedNode(f"{request.url.scheme}://{request.headers.get('host', '')}{PATH}").value
    except ValueError:
        raise HTTPException(400, "Host names no host") from None


async def _stop_when_gone(request: Request, run: Run) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(0.25)
    run.stop()


def _refusal(request: Request, error: Exception) -> Response:
    """The status and the message for an error."""
    if isinstance(error, HTTPException):
        return PlainTextResponse(error.detail + "\n", error.status_code, error.headers)
    statuses: tuple[tuple[type[Exception], int], ...] = (
        (NotOfferedError, 406),
        (RefusedError, 403),
        (WrongUseError, 400),
        (TimeLimitError, 503),
        (ClientDisconnect, 400),
    )
    status = next((status for kind, status in statuses if isinstance(error, kind)), 500)
    hint = getattr(error, "hint", "")
    return PlainTextResponse(f"{error}\n" + (f"hint: {hint}\n" if hint else ""), status)


def _sent(answer: Answer) -> Response:
    text = answer.media.startswith("text/")
    headers = {
        "Content-Type": answer.media + ("; charset=utf-8" if text else ""),
        "Content-Length": str(answer.size),
        "Cache-Control": "no-cache",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    if answer.size <= _CHUNK:
        with answer.file as file:
            return Response(file.read(), headers=headers)
    return StreamingResponse(_chunks(answer), headers=headers)


def _chunks(answer: Answer) -> Iterable[bytes]:
    with answer.file as file:
        while chunk := file.read(_CHUNK):
            yield chunk


# What is asked.


async def _asked(request: Request) -> Asked | None:
    """The query of a request; None where a GET has none. Raises `HTTPException` where it is malformed."""
    given = _pairs(request.url.query, "the address")
    if request.method == "POST":
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in ("application/x-www-form-urlencoded", "application/sparql-query"):
            raise HTTPException(415, _MEDIA.format(media or "no media type"))
        body = await _body(request)
        given += [("query", body)] if media.endswith("query") else _pairs(body, "the body")
    values: dict[str, tuple[str, ...]] = {}
    for name, one in given:
        values[name] = (*values.get(name, ()), one)
    if "update" in values or "using-graph-uri" in values or "using-named-graph-uri" in values:
        raise HTTPException(400, "updates are refused: this endpoint answers queries only")
    default, named = (tuple(map(_absolute, values.get(f"{n}-graph-uri", ()))) for n in ("default", "named"))
    queries = values.get("query", ())
    if not queries and request.method != "POST" and not default and not named:
        return None
    if len(queries) != 1:
        raise HTTPException(400, f"{len(queries) or 'no'} queries: give one, as query=…")
    return Asked(queries[0], default, named)


_MEDIA = (
    "a query is sent as application/sparql-query or in application/x-www-form-urlencoded, not {}\n"
    "hint: curl --data-urlencode 'query=ASK {{}}' …"
)


def _pairs(text: str, where: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError:
        raise HTTPException(400, f"{where} is not UTF-8") from None
    except ValueError as error:
        raise HTTPException(400, f"{where}: {error}") from None


def _absolute(iri: str) -> str:
    try:
        return ox.NamedNode(iri).value
    except ValueError:
        raise HTTPException(400, f"{iri!r} is no absolute IRI of a graph") from None


async def _body(request: Request) -> str:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(415, "send the query without Content-Encoding")
    charset = re.search(r'charset="?([\w-]+)', request.headers.get("content-type", ""), re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise HTTPException(415, f"a query is UTF-8, not {charset[1]}")
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _BODY:
                    raise HTTPException(413, f"more than {_BODY:,} bytes", {"Connection": "close"})
        return body.decode()
    except TimeoutError:
        raise HTTPException(408, "the body did not come in time", {"Connection": "close"}) from None
    except UnicodeDecodeError:
        raise HTTPException(400, "the body is not UTF-8") from None


def preferred(accept: str | None, offered: dict[str, tuple[str, ...]]) -> str | None:
    """The offered media type that `Accept` likes best; the first where nothing is said, None where none is.

    `offered`: media types, each with other names that it goes by.

    >>> preferred("text/csv;q=0.5, application/*;q=0.9, */*;q=0.1", ROWS)
    'application/sparql-results+json'
    >>> preferred("text/csv, */*;q=0.1", ROWS), preferred("image/png", ROWS), preferred(None, ROWS)
    ('text/csv', None, 'application/sparql-results+json')
    """
    if not (accept or "").strip():
        return next(iter(offered))
    ranges = [_range(part) for part in (accept or "").lower().split(",") if part.strip()]
    qualities = {media: _quality((media, *others), ranges) for media, others in offered.items()}
    best = max(offered, key=qualities.__getitem__)
    return best if qualities[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, given = parameter.partition("=")
        if name.strip() == "q":
            with suppress(ValueError):
                return media, float(given)
            return media, 0.0
    return media, 1.0


def _quality(names: tuple[str, ...], ranges: list[tuple[str, float]]) -> float:
    """The quality that the most specific range gives to a media type; other names match as a whole."""
    for wanted in (names[:1], names[1:], (names[0].partition("/")[0] + "/*",), ("*/*",)):
        given = [quality for name, quality in ranges if name in wanted]
        if given:
            return max(given)
    return 0.0


# What people see.

_EXAMPLES = (
    (
        "Unions of Mexico",
        'SELECT ?union ?name { ?union a :Union ; :name ?name ; :country "MX" } ORDER BY ?name LIMIT 20',
    ),
    (
        "Who represents workers at Mexican plants",
        'SELECT ?plant ?union {\n  ?p a :Plant ; :name ?plant ; :country "MX" .\n'
        "  ?u :represents ?p ; :name ?union\n} LIMIT 20",
    ),
    (
        "Companies that operate the most plants",
        "SELECT ?name (COUNT(?plant) AS ?plants) {\n  ?company :operates ?plant ; :name ?name\n"
        "} GROUP BY ?company ?name ORDER BY DESC(?plants) LIMIT 20",
    ),
)


def _page(endpoint: str) -> str:
    template = files("graph").joinpath("serve.html").read_text(encoding="utf-8")
    examples = "".join(
        f'<li><a href="{PATH}?query={quote(text)}">{html.escape(title)}</a></li>' for title, text in _EXAMPLES
    )
    first = html.escape(_EXAMPLES[0][1])
    return template.format(endpoint=html.escape(endpoint), path=PATH, examples=examples, query=first)
