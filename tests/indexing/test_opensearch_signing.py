"""Request signing against the examples AWS publishes with Signature Version 4."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from kbsearch.indexing.opensearch.cluster import Signing
from kbsearch.indexing.opensearch.signing import signed, signer

KEYS = Signing("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
NOTHING = hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    ("method", "url", "signature"),
    [
        ("GET", "https://example.amazonaws.com/", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "https://example.amazonaws.com/", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "https://example.amazonaws.com/?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
)
def test_published_examples(method: str, url: str, signature: str) -> None:
    headers = signed(KEYS, method, url, headers={"host": "example.amazonaws.com"}, payload=NOTHING, at=AT)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


def test_body_token_and_port_are_covered() -> None:
    keys = Signing("AKID", "secret", "eu-west-1", "es", "a token")
    sign = signer(keys, lambda: AT)
    headers = sign("POST", "https://search.example.com:9243/kb-read/_search?a=1", b"{}")
    assert (headers["host"], headers["x-amz-security-token"]) == ("search.example.com:9243", "a token")
    assert headers["x-amz-content-sha256"] == hashlib.sha256(b"{}").hexdigest()
    assert "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token," in headers["authorization"]
    other = sign("POST", "https://search.example.com:9243/kb-read/_search?a=1", b"{ }")
    assert headers["authorization"] != other["authorization"]
    assert "secret" not in repr(keys)
    assert sign("GET", "https://search.example.com:443/", None)["host"] == "search.example.com"
