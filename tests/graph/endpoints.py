"""Endpoints that tests start: ours over a small store, and another one over the same statements."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pyoxigraph as ox
import rdflib

DATA = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
OURS = """
import sys
from pathlib import Path
import graph.serve as serve
import graph.sparql as sparql
serve._PATIENCE, sparql._MEMORY = 1.5, 300 * 2**20
listening = serve.listen("127.0.0.1", 0)
print(serve.address(listening), flush=True)
serve.serve(lambda: Path(sys.argv[1]).resolve(), listening, serve.Limits(2.0, 100_000, 3))
"""


OTHER = """
import socket, sys
import rdflib, uvicorn
from rdflib_endpoint import SparqlEndpoint
listening = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
data = rdflib.Dataset(default_union=False)
data.parse(sys.argv[1], format="nquads")
uvicorn.Server(uvicorn.Config(SparqlEndpoint(graph=data), log_level="critical")).run(sockets=[listening])
"""


@dataclass
class Server:
    url: str
    process: psutil.Popen
    store: Path

    def workers(self) -> list[psutil.Process]:
        return [c for c in self.process.children(recursive=True) if "sparql_worker" in " ".join(c.cmdline())]

    def raw(self, sent: bytes, wait: float = 5.0) -> bytes:
        """What comes back for bytes that need not be HTTP."""
        with socket.create_connection(("127.0.0.1", httpx.URL(self.url).port), timeout=wait) as connection:
            connection.sendall(sent)
            found = b""
            while part := connection.recv(65536):
                found += part
            return found


def make_store(folder: Path, marker: str) -> None:
    document = ox.NamedNode("http://xmlns.com/foaf/0.1/Document")
    x, p = ox.NamedNode("http://e/x"), ox.NamedNode("http://e/p")
    quads = [ox.Quad(ox.NamedNode(f"http://e/s{n}"), p, ox.NamedNode(f"http://e/o{n}")) for n in range(500)]
    for graph in (ox.NamedNode(DATA.format(n)) for n in (1, 2, 3)):
        quads.append(ox.Quad(graph, ox.NamedNode(str(rdflib.RDF.type)), document, graph))
    name = ox.Literal(f'Camión, "{marker}"', language="es")
    quads.append(ox.Quad(x, ox.NamedNode("http://e/name"), name))
    quads.append(ox.Quad(x, ox.NamedNode("http://e/n"), ox.Literal(7)))
    target = ox.Store(str(folder))
    target.extend(quads)
    target.flush()


@contextmanager
def running(script: str, given: Path) -> Iterator[Server]:
    """A server in a process of its own; it ends well when it is told to."""
    process = psutil.Popen([sys.executable, "-c", script, str(given)], stdout=subprocess.PIPE, text=True)
    try:
        yield Server(process.stdout.readline().strip(), process, given)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(10)
    assert code == 0 or script is OTHER


@contextmanager
def ours(folder: Path) -> Iterator[Server]:
    """Our endpoint over a small store: two seconds, 100 kB and 300 MB a query, three at once."""
    make_store(folder / "first", "first")
    (folder / "store").symlink_to("first")
    with running(OURS, folder / "store") as server:
        yield server


@contextmanager
def another(folder: Path) -> Iterator[Server]:
    """rdflib's SPARQL behind another protocol implementation, over the statements of `ours`."""
    make_store(folder / "other", "first")
    ox.Store.read_only(str(folder / "other")).dump(str(folder / "other.nq"))
    with running(OTHER, folder / "other.nq") as server:
        yield server
