"""Starts and stops real OpenSearch nodes from published jars, without containers, for development and tests; never for production.

Standard library only, so that any Python ≥ 3.10 runs it. `start-one`, `start-cluster` and `stop` beside it are its short forms.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NoReturn

HERE = Path(__file__).resolve().parent
PLACE = HERE / ".node"
LEAST_JAVA = 21
MAVEN_SECONDS = 600
START_SECONDS = 120
STOP_SECONDS = 20
TRANSPORT_ABOVE_HTTP = 100
CLUSTER_SIZE = 3
NO_JAVA = (
    f"没有找到 JDK {LEAST_JAVA} 以上（要有 javac）。请安装一个（Debian：apt-get install openjdk-21-jdk-headless），"
    "或用 KBSEARCH_JAVA 指明它的目录。 No JDK of 21 or later found."
)
NO_MAVEN = "没有 Maven，取不到 OpenSearch 的 jar。请先 apt-get install maven。 Maven is needed to fetch the jars."


class NotStartedError(Exception):
    """A node cannot be started; the message says what to do."""


def java_home() -> Path:
    """The folder of a JDK that is new enough: the one named, the usual ones, whatever lies where systems keep them."""
    named = [Path(os.environ[name]) for name in ("KBSEARCH_JAVA", "JAVA_HOME") if os.environ.get(name)]
    on_path = shutil.which("javac")
    usual = [Path(on_path).resolve().parents[1]] if on_path else []
    kept = [
        *sorted(Path("/usr/lib/jvm").glob("*")),
        *sorted(Path("/opt").glob("*")),
        *sorted(Path("/Library/Java/JavaVirtualMachines").glob("*/Contents/Home")),
        *sorted((Path.home() / ".sdkman/candidates/java").glob("*")),
    ]
    for home in (*named, *usual, *kept):
        if (home / "bin/javac").exists() and java_version(home) >= LEAST_JAVA:
            return home
    raise NotStartedError(NO_JAVA)


def java_version(home: Path) -> int:
    """The JDK's major version, 0 if it does not say."""
    release = home / "release"
    if release.exists():
        text = release.read_text("utf-8", "replace")
    else:
        shown = subprocess.run([home / "bin/javac", "-version"], capture_output=True, text=True, check=False, timeout=30)
        text = f'JAVA_VERSION="{(shown.stdout + shown.stderr).removeprefix("javac ")}"'
    found = re.search(r'JAVA_VERSION="(\d+)', text)
    return int(found.group(1)) if found else 0


def jars() -> Path:
    """The folder with all jars and the compiled launcher; made on first use, and again when pom or launcher changed."""
    sources = (HERE / "pom.xml", HERE / "OneNode.java")
    made_of = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    folder = PLACE / f"jars-{made_of}"
    if (folder / "OneNode.class").exists():
        return folder
    home = java_home()
    if not shutil.which("mvn"):
        raise NotStartedError(NO_MAVEN)
    draft = PLACE / f"draft-{os.getpid()}"
    try:
        copy = ["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={draft}"]
        checked(copy, "Maven 没有取到 jar")
        checked([home / "bin/javac", "-d", draft, "-cp", f"{draft}/*", HERE / "OneNode.java"], "启动程序没有编译成功")
        draft.replace(folder)
    except OSError as fault:  # another process was quicker: its folder serves as well
        if not (folder / "OneNode.class").exists():
            raise NotStartedError(f"不能写入 {PLACE}：{fault}") from fault
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def checked(command: list[object], what: str) -> None:
    """Run a command to its end; raise NotStartedError with the end of what it printed."""
    try:
        subprocess.run(
            [str(part) for part in command], check=True, timeout=MAVEN_SECONDS,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    except subprocess.CalledProcessError as fault:
        raise NotStartedError(f"{what}：\n{fault.stdout[-2000:]}") from fault
    except subprocess.TimeoutExpired as fault:
        raise NotStartedError(f"{what}：{MAVEN_SECONDS} 秒没有完成") from fault


def command_of(folder: Path, http: int, transport: int, peers: list[int], heap: str, *, with_stdin: bool = False) -> list[str]:
    """The command of one node; `peers`: transport ports of the whole cluster, empty for a node alone."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "path.home": folder,
        "node.name": f"node-{transport}",
        "cluster.name": f"kbsearch-{'-'.join(map(str, peers)) or transport}",
        "network.host": "127.0.0.1",
        "http.port": http,
        "transport.port": transport,
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    if peers:
        settings["discovery.seed_hosts"] = ",".join(f"127.0.0.1:{port}" for port in peers)
        settings["cluster.initial_cluster_manager_nodes"] = ",".join(f"node-{port}" for port in peers)
    else:
        settings["discovery.type"] = "single-node"
    place = jars()
    return [
        str(java_home() / "bin/java"), "-Xms128m", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:-UsePerfData",
        "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", f"-Dstop.with.stdin={str(with_stdin).lower()}",
        "-cp", f"{place}:{place}/*", "OneNode", *(f"{name}={value}" for name, value in settings.items()),
    ]  # fmt: skip


def running(folder: Path) -> int | None:
    """The process id of the node of this folder, None when it does not run (its number may be another process's by now)."""
    try:
        number = int((folder / "pid").read_text("ascii"))
        shown = subprocess.run(["ps", "-o", "args=", "-p", str(number)], capture_output=True, text=True, check=False, timeout=10).stdout
    except (FileNotFoundError, ValueError):
        return None
    return number if f"path.home={folder}" in shown else None


def start(folder: Path, http: int, peers: list[int], heap: str) -> None:
    """Start one node in the background unless it runs already."""
    if running(folder) is not None:
        return
    command = command_of(folder, http, http + TRANSPORT_ABOVE_HTTP, peers, heap)
    with (folder / "node.log").open("ab") as log:
        started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder)
    (folder / "pid").write_text(str(started.pid), "ascii")


def wait(folders: list[Path], port: int) -> None:
    """Return when all nodes have found each other; raise NotStartedError with the end of the log of one that ended."""
    deadline = time.monotonic() + START_SECONDS
    url = f"http://127.0.0.1:{port}/_cluster/health"
    while time.monotonic() < deadline:
        for folder in folders:
            if running(folder) is None:
                tail = (folder / "node.log").read_text("utf-8", "replace")[-2000:]
                raise NotStartedError(f"{folder} 的节点已退出，日志末尾：\n{tail}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if json.load(answer)["number_of_nodes"] >= len(folders):
                    return
        except (OSError, urllib.error.URLError, ValueError):
            pass
        time.sleep(0.3)
    raise NotStartedError(f"{START_SECONDS} 秒内没有就绪，请看 {folders[0] / 'node.log'}")


def stop(folder: Path) -> int:
    """Stop every node below `folder`; return how many ran."""
    stopped = 0
    for file in sorted(folder.glob("**/pid")):
        number = running(file.parent)
        if number is not None:
            stopped += 1
            end(number, file.parent)
        file.unlink(missing_ok=True)
    return stopped


def end(number: int, folder: Path) -> None:
    """Ask a node to end, then make it."""
    os.kill(number, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while running(folder) is not None:
        if time.monotonic() > deadline:
            os.kill(number, signal.SIGKILL)
            return
        time.sleep(0.2)


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="用公开发布的 jar 启动、停止 OpenSearch 节点（开发与测试用，不需要容器）")
    parser.add_argument(
        "act", choices=["one", "cluster", "stop", "jars", "foreground"], help="一个节点、三个节点、停止、只取 jar、前台运行一个节点"
    )
    parser.add_argument("--port", type=int, default=9200, help="HTTP 端口，三个节点为连续三个；节点间端口再加 100")
    parser.add_argument("--folder", type=Path, help="数据目录，默认在 infra/opensearch/.node 下")
    parser.add_argument("--heap", default="512m", help="每个节点的 Java 堆")
    parser.add_argument("--transport", type=int, help="节点间端口（仅前台）")
    parser.add_argument("--peers", default="", help="全部节点的节点间端口，逗号分隔（仅前台）")
    parser.add_argument("--stop-with-stdin", action="store_true", help="标准输入结束时退出（仅前台）")
    return parser.parse_args()


def foreground(given: argparse.Namespace) -> NoReturn:
    """Become one node."""
    folder = (given.folder or PLACE / "one").resolve()
    peers = [int(port) for port in given.peers.split(",") if port]
    transport = given.transport or given.port + TRANSPORT_ABOVE_HTTP
    command = command_of(folder, given.port, transport, peers, given.heap, with_stdin=given.stop_with_stdin)
    os.chdir(folder)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def main() -> None:
    """Do what was asked; print what the next step needs."""
    given = options()
    if given.act == "foreground":
        foreground(given)
    if given.act == "jars":
        print(jars())
    elif given.act == "stop":
        print(f"已停止 {stop((given.folder or PLACE).resolve())} 个节点。")
    else:
        size = 1 if given.act == "one" else CLUSTER_SIZE
        place = (given.folder or PLACE / f"{given.act}-{given.port}").resolve()
        ports = [given.port + number for number in range(size)]
        folders = [place / f"node-{port}" for port in ports]
        peers = [port + TRANSPORT_ABOVE_HTTP for port in ports] if size > 1 else []
        for folder, port in zip(folders, ports, strict=True):
            start(folder, port, peers, given.heap)
        wait(folders, given.port)
        urls = ",".join(f"http://127.0.0.1:{port}" for port in ports)
        print(
            f"OpenSearch 已就绪，数据在 {place}。停止：infra/opensearch/stop\n\n"
            f"export KBSEARCH_SEARCH=opensearch KBSEARCH_OPENSEARCH_URLS={urls}"
        )


if __name__ == "__main__":
    try:
        main()
    except NotStartedError as fault:
        sys.exit(str(fault))
