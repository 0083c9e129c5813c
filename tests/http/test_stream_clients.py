"""The clients people use, npm's graphql-ws and graphql-sse, subscribe without trouble where they are at hand."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.http.stream_door import make_stream_schema, stream_door

FOLDER = "KBSEARCH_TEST_GRAPHQL_STREAMS"


def test_node_clients_subscribe() -> None:
    folder = os.environ.get(FOLDER)
    if not folder or not (Path(folder) / "node_modules" / "graphql-ws").is_dir():
        pytest.skip(f"{FOLDER} does not name a folder in which `npm install graphql graphql-ws graphql-sse ws` was run")
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = Path(__file__).with_name("run_stream_clients.mjs")
    with stream_door(make_stream_schema()) as door:
        door.ledger.write(1, 2, 3, 4, 5)
        arguments = [node, script, folder, door.address, "good"]
        done = subprocess.run(arguments, capture_output=True, check=False, timeout=60)  # noqa: S603 - our own script
        door.quiet()
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "socket": [1, 2, 3, 4, 5],
        "socketRefused": "PERMISSION_DENIED",
        "socketStranger": "4403",
        "stream": [1, 2, 3, 4, 5],
        "streamRefused": "PERMISSION_DENIED",
    }
