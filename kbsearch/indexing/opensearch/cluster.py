"""Where the cluster is, who we are to it and how our indices are named and laid out, as a value; connects to nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

_VERSION = "v{:06d}"


@dataclass(frozen=True, slots=True)
class Signing:
    """Keys of a managed service that wants each request signed (AWS Signature Version 4); `service` is es or aoss."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str
    service: str = "es"
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Cluster:
    """`urls` of any nodes (all of one scheme), tried in turn. `ca`: file of the authority that signed the servers' certificates.

    `prefix` begins the names of all our indices and aliases; two installations on one cluster need two. `replicas` is the most
    copies beside the first, as far as there are nodes for them. `timeout` is seconds for one search request.
    """

    urls: tuple[str, ...]
    username: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None
    signing: Signing | None = None
    prefix: str = "kbsearch"
    shards: int = 1
    replicas: int = 1
    timeout: float = 3.0

    @property
    def read_alias(self) -> str:
        """Searches go here."""
        return f"{self.prefix}-read"

    @property
    def write_alias(self) -> str:
        """Changes go here."""
        return f"{self.prefix}-write"

    @property
    def building_alias(self) -> str:
        """Changes go here too while an index is built beside."""
        return f"{self.prefix}-building"

    @property
    def every_index(self) -> str:
        """The pattern of our indices."""
        return f"{self.prefix}-v*"

    def index_name(self, number: int) -> str:
        """Return the name of the index built as the `number`th."""
        return f"{self.prefix}-{_VERSION.format(number)}"

    def number_of(self, index: str) -> int | None:
        """Return what number an index of ours has; None: it is another installation's."""
        found = re.fullmatch(rf"{re.escape(self.prefix)}-v(\d{{6,}})", index)
        return int(found.group(1)) if found else None
