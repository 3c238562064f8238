"""A real Neo4j server for the tests: Community 5.26 from Maven artifacts, for the tests of one process.

    python3 tests/neo4j_server.py            fetch the artifacts (Java and Maven are needed)

A server that is already there is used instead where `NEO4J_URI` names it (with `NEO4J_USERNAME`,
`NEO4J_PASSWORD`): its database is emptied between tests. `TRINATIONAL_NEO4J_LIB` names a folder of artifacts.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

VERSION = "5.26.28"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>trinational</groupId><artifactId>neo4j-for-tests</artifactId><version>1</version><packaging>pom</packaging>
<dependencies><dependency><groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{VERSION}</version>
</dependency></dependencies></project>
"""
CONF = """server.bolt.listen_address=127.0.0.1:{port}
server.http.enabled=false
server.memory.heap.max_size=1g
server.memory.pagecache.size=256m
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
db.tx_log.rotation.retention_policy=1 files
server.bolt.tls_level=OPTIONAL
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory=conf
dbms.ssl.policy.bolt.client_auth=NONE
"""
SIGN = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost")
JAVA = ("-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # starts fast; most of a test is a start
STARTS_IN = 120.0


def artifacts() -> Path:
    """The folder of the server's jars, fetched with Maven where they are not there yet."""
    given = os.environ.get("TRINATIONAL_NEO4J_LIB")
    folder = Path(given) if given else Path.home() / ".cache/trinational-tests/neo4j" / VERSION
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        (Path(scratch) / "pom.xml").write_text(POM)
        copy = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"]
        subprocess.run(copy, cwd=scratch, check=True, stdin=subprocess.DEVNULL)
        with contextlib.suppress(OSError):
            (Path(scratch) / "lib").rename(folder)
    return folder


def missing() -> str:
    """What keeps a server from being started here; empty where nothing does."""
    tools = [tool for tool in ("java", "mvn", "openssl") if not shutil.which(tool)]
    if os.environ.get("NEO4J_URI") or not tools:
        return ""
    return f"no {' and no '.join(tools)}: install a Java 17 runtime, Maven and OpenSSL, or set NEO4J_URI"


@dataclass
class Server:
    """Where a server listens; one that the tests started (`home`) can be killed and started again."""

    uri: str
    username: str
    password: str
    database: str = "neo4j"
    lock: str = ""
    home: str = ""
    run: int = 0

    @classmethod
    def given(cls) -> Server:
        """The server that `NEO4J_URI` names; its database must be empty, because tests empty it."""
        env = os.environ
        names = (env.get("NEO4J_USERNAME", "neo4j"), env.get("NEO4J_PASSWORD", ""))
        server = cls(env["NEO4J_URI"], *names, env.get("NEO4J_DATABASE", "neo4j"))
        if server.run_query("MATCH (n) RETURN count(n)") != [[0]]:
            raise RuntimeError("the database that NEO4J_URI names is not empty, and the tests would empty it")
        return server

    @classmethod
    def create(cls, run: int) -> Server:
        """A new server of the test run whose process is `run`; it ends when that process ends."""
        home = tempfile.mkdtemp(prefix="trinational-neo4j-")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        password = secrets.token_urlsafe(12)
        server = cls(f"bolt://127.0.0.1:{port}", "neo4j", password, home=home, run=run)
        (Path(home) / "conf").mkdir()
        (Path(home) / "conf/neo4j.conf").write_text(CONF.format(port=port))
        sign = [*SIGN, "-keyout", "private.key", "-out", "public.crt"]
        subprocess.run(sign, cwd=Path(home) / "conf", check=True, capture_output=True)
        first = server.java("org.neo4j.cli.AdminTool", "dbms", "set-initial-password", "--", server.password)
        subprocess.run(first, env=server.environment, check=True, capture_output=True)
        server.start()
        return server

    @property
    def port(self) -> int:
        return int(self.uri.rpartition(":")[2])

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "NEO4J_HOME": self.home, "NEO4J_CONF": f"{self.home}/conf"}

    def java(self, entry: str, *arguments: str) -> list[str]:
        return ["java", *JAVA, "-cp", f"{artifacts()}/*", entry, *arguments]

    def admin(self, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run `neo4j-admin` in a folder; the server must be stopped for an import."""
        command = self.java("org.neo4j.cli.AdminTool", *arguments)
        return subprocess.run(command, env=self.environment, cwd=folder, capture_output=True, text=True)

    def start(self) -> None:
        """Start it under a guard that ends it with the test run; returns when it answers."""
        where = [f"--home-dir={self.home}", f"--config-dir={self.home}/conf"]
        command = self.java("org.neo4j.server.CommunityEntryPoint", *where)
        guard = [sys.executable, __file__, "guard", str(self.run), self.home, *command]
        with (Path(self.home) / "output.txt").open("w") as output:
            subprocess.Popen(guard, stdout=output, stderr=output, start_new_session=True)
        self._wait()

    def _wait(self) -> None:
        import neo4j

        end = time.monotonic() + STARTS_IN
        while time.monotonic() < end:
            with contextlib.suppress(neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError):
                self.run_query("RETURN 1")
                return
            time.sleep(0.2)
        raise RuntimeError(f"Neo4j does not answer: {(Path(self.home) / 'output.txt').read_text()[-2000:]}")

    def run_query(self, text: str, **parameters: object) -> list[list[object]]:
        """The rows that a query gives, as a driver without the project gives them."""
        import neo4j

        with (
            neo4j.GraphDatabase.driver(self.uri, auth=(self.username, self.password)) as driver,
            driver.session(database=self.database) as session,
        ):
            return session.run(text, parameters).values()

    def empty(self) -> None:
        """Remove every node, relationship, constraint and index."""
        self.run_query("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS")
        for (name,) in self.run_query("SHOW CONSTRAINTS YIELD name"):
            self.run_query(f"DROP CONSTRAINT `{name}`")
        for (name,) in self.run_query("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"):
            self.run_query(f"DROP INDEX `{name}`")

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        pid = int((Path(self.home) / "pid").read_text())
        os.kill(pid, signal.SIGKILL)
        while alive(pid):
            time.sleep(0.05)

    def restart(self) -> None:
        self.kill()
        self.start()

    def set_read_only(self, on: bool) -> None:
        """Let nobody write from the next start on, or everybody again: Community has no reading users."""
        conf = CONF.format(port=self.port) + ("server.databases.read_only=neo4j\n" if on else "")
        (Path(self.home) / "conf/neo4j.conf").write_text(conf)


def shared(folder: Path, run: int) -> Server:
    """The one server of all who share `folder`, started by whoever asks first."""
    from filelock import FileLock

    note = folder / "neo4j.json"
    with FileLock(folder / "neo4j.lock"):
        if not note.is_file():
            server = Server.given() if "NEO4J_URI" in os.environ else Server.create(run)
            server.lock = str(folder / "neo4j.database.lock")
            note.touch(0o600)
            note.write_text(json.dumps(asdict(server)))
        return Server(**json.loads(note.read_text()))


def alive(pid: int) -> bool:
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False


def guard(run: int, home: str, command: list[str]) -> None:
    """Start a server, wait until the test run is over, then end it and remove its files."""
    process = subprocess.Popen(command)
    (Path(home) / "pid").write_text(str(process.pid))
    while alive(run):
        process.poll()
        time.sleep(0.2)
    process.kill()
    process.wait()
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["guard"]:
        guard(int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    else:
        print(artifacts())
