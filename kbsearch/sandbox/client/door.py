"""The HTTP side of both clients: one connection pool, Chinese errors, and waiting for what is to be seen; knows no noun."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

Found = TypeVar("Found")
# The sandbox speaks plain HTTP; reading the certificate store would cost every client more than all its calls.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class SandboxApiError(Exception):
    """The sandbox refused: `status` is the HTTP status, the text its Chinese sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}：{message}")
        self.status = status
        self.message = message


class Door:
    """One system's root URL with its connections; as a context it closes them."""

    def __init__(self, base_url: str, timeout: float = 10.0) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout, trust_env=False, verify=_NO_CERTIFICATES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: str | None) -> Any:
        """What the API answers to a question. Raises SandboxApiError."""
        return self._read(self._http.get(path, params={name: value for name, value in params.items() if value is not None}))

    def get_or_none(self, path: str) -> dict[str, Any] | None:
        """The object at a path, None where there is nothing."""
        try:
            return dict(self.get(path))
        except SandboxApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """What the API answers to an act. Raises SandboxApiError."""
        return self._read(self._http.post(path, json=body or {}))

    def fetch(self, path: str) -> bytes:
        """The bytes behind a path. Raises SandboxApiError."""
        response = self._http.get(path)
        if not response.is_success:
            self._read(response)
        return response.content

    @staticmethod
    def _read(response: httpx.Response) -> Any:
        if response.is_success:
            return response.json()
        try:
            message = response.json()["error"]["message"]
        except (ValueError, KeyError, TypeError):
            message = response.text[:300]
        raise SandboxApiError(response.status_code, message)

    def healthy(self) -> bool:
        """Whether the system answers."""
        try:
            return self._http.get("/healthz").is_success
        except httpx.HTTPError:
            return False

    def mode(self) -> str:
        """`auto` or `manual`."""
        return str(self.get("/healthz")["mode"])

    def set_mode(self, mode: str) -> None:
        """Switch to `auto` or `manual`."""
        self.post("/api/mode", {"mode": mode})

    @staticmethod
    def wait(look: Callable[[], Found | None], what: str, timeout: float = 10.0) -> Found:
        """Look until something other than None, False or empty is seen; TimeoutError naming `what` otherwise. 404 counts as not yet."""
        end = time.monotonic() + timeout
        while True:
            try:
                found = look()
            except SandboxApiError as error:
                if error.status != httpx.codes.NOT_FOUND:
                    raise
                found = None
            if found:
                return found
            if time.monotonic() >= end:
                raise TimeoutError(f"{timeout:g} 秒内没有等到：{what}")
            time.sleep(0.03)
