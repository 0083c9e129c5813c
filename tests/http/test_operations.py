"""What happens around an operation: identity, masking, deadline, threads, trusted documents, caches."""

import asyncio
import hashlib
import logging
import threading

import httpx
import pytest
import strawberry
import structlog
from strawberry.extensions import SchemaExtension

from kbsearch.errors import Refusal, RefusalCode, Refused
from kbsearch.http.documents import ByteBoundedCache
from kbsearch.http.limits import HttpLimits
from kbsearch.http.pool import BoundedPool
from kbsearch.http.trusted import TrustedDocuments, TrustedMode
from tests.http.http_door import GRAPHQL, Context, Door, GraphQLEndpoint, MakeDoor, error_codes, make_schema


def test_context_is_opened_once_and_closed(door: Door, context: Context) -> None:
    assert door.post("{ whoami }").json() == {"data": {"whoami": "zhang.san"}}
    assert (context.opened, context.closed) == (1, 1)


def test_context_sees_the_request(door: Door, context: Context) -> None:
    door.post("{ hello }", headers={"x-request-id": "abc-12345678", "X-Sig": "s"})
    facts = context.facts
    assert facts.body == b'{"query":"{ hello }"}'
    assert facts.headers["x-sig"] == "s"
    assert (facts.method, facts.request_id, facts.client) == ("POST", "abc-12345678", "127.0.0.1")
    assert facts.remaining() == pytest.approx(10.0)


def test_facts_keep_secrets_out_of_repr(door: Door, context: Context) -> None:
    door.post("{ hello }", headers={"authorization": "Bearer swordfish"}, variables={"pw": "swordfish"})
    assert "swordfish" not in repr(context.facts)


def test_unauthenticated_is_401_for_every_client(door: Door, context: Context) -> None:
    for accept in (GRAPHQL, "application/json"):
        response = door.post("{ nothing }", accept, headers={"authorization": "Bearer wrong"})
        assert (response.status_code, error_codes(response)) == (401, ["UNAUTHENTICATED"])
        assert response.headers["www-authenticate"].startswith("Bearer")
        assert response.json()["errors"][0]["message"] == "令牌无效或已过期；请重新登录"
    assert context.opened == 0


def test_junk_is_refused_before_anybody_is_identified(door: Door, context: Context) -> None:
    assert door.raw(b"null").status_code == 400
    assert context.opened == 0


def test_crash_in_the_factory_is_masked_500(door: Door) -> None:
    with structlog.testing.capture_logs() as logs:
        response = door.post("{ hello }", headers={"authorization": "Bearer crash"})
    assert (response.status_code, error_codes(response)) == (500, ["INTERNAL"])
    assert "store is down" not in response.text
    assert [entry["log_level"] for entry in logs] == ["error"]


def test_crash_when_the_context_closes_is_masked_500(door: Door, context: Context) -> None:
    context.fail_on_exit = RuntimeError("commit failed")
    with structlog.testing.capture_logs():
        response = door.post('mutation { rename(name: "a") }')
    assert (response.status_code, error_codes(response)) == (500, ["INTERNAL"])
    context.fail_on_exit = Refused(Refusal(RefusalCode.STALE_OBJECT, "已被他人修改；请刷新后重试"))
    with structlog.testing.capture_logs() as logs:
        response = door.post('mutation { rename(name: "a") }')
    assert (response.status_code, error_codes(response)) == (409, ["STALE_OBJECT"])
    assert logs == []


def test_unexpected_errors_are_masked_and_logged_once(door: Door) -> None:
    with structlog.testing.capture_logs() as logs:
        response = door.post("{ hello boom }")
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "你好，世界", "boom": None}
    error = response.json()["errors"][0]
    request_id = response.headers["x-request-id"]
    assert error["message"] == f"系统内部错误，请稍后重试；如仍出现，请把请求编号 {request_id} 告诉运维"
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert error["path"] == ["boom"]
    assert len(logs) == 1
    assert logs[0]["request_id"] == request_id
    assert isinstance(logs[0]["exc_info"][1], ValueError)
    assert "hello boom" not in repr(logs)


def test_a_field_that_fails_in_every_row_is_logged_once(door: Door) -> None:
    with structlog.testing.capture_logs() as logs:
        response = door.post("{ people(first: 300) { nodes { flaw } } }")
    codes = error_codes(response)
    assert [entry["path"] for entry in logs] == ["people.nodes.flaw"]
    assert codes == ["INTERNAL"] * 100 + ["TOO_MANY_ERRORS"]
    assert len(response.json()["data"]["people"]["nodes"]) == 300


def test_the_clients_own_mistakes_keep_message_and_code(door: Door) -> None:
    with structlog.testing.capture_logs() as logs:
        mistake = door.post("{ mistake }").json()["errors"][0]
        forbidden = door.post("{ forbidden }").json()["errors"][0]
        door.post("{ nothing }")
        door.post("{")
    assert (mistake["message"], mistake["extensions"]["code"], mistake["extensions"]["field"]) == ("日期不对", "BAD_DATE", "day")
    assert forbidden["message"] == "您没有查看的权限；请联系管理员"
    assert forbidden["extensions"]["code"] == "PERMISSION_DENIED"
    assert forbidden["extensions"]["refusals"][0]["rule"] == "view"
    assert logs == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("query", ["{ unencodable }", "{ awaitable }"])
def test_what_cannot_be_answered_is_masked(door: Door, query: str) -> None:
    with structlog.testing.capture_logs() as logs:
        response = door.post(query)
    assert error_codes(response) == ["INTERNAL"]
    assert len(logs) == 1


def test_graphql_core_logs_nothing_of_its_own(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), structlog.testing.capture_logs():
        door.post("{ boom nothing }")
        door.post("{ boom }")
    assert [record for record in caplog.records if record.name != "asyncio" and not record.name.startswith(("httpx", "httpcore"))] == []


def test_deadline_raised_by_a_resolver(door: Door) -> None:
    response = door.post("{ a: countTo(limit: 3) hello countTo(limit: 1000) }")
    assert error_codes(response) == ["DEADLINE_EXCEEDED"]
    assert response.json()["data"] == {"a": 3, "hello": "你好，世界", "countTo": None}
    assert "10 秒" in response.json()["errors"][0]["message"]


def test_deadline_between_fields_ends_the_operation(make_door: MakeDoor) -> None:
    response = make_door(deadline_seconds=2.0).post("{ a: countTo(limit: 1) b: hello c: countTo(limit: 1) d: hello }")
    assert response.status_code == 200
    assert response.json()["data"] is None
    assert error_codes(response) == ["DEADLINE_EXCEEDED"]


def test_a_committed_mutation_still_answers(door: Door, context: Context) -> None:
    response = door.post('mutation { rename(name: "a") __typename }')
    assert response.json() == {"data": {"rename": "a", "__typename": "Mutation"}}
    assert context.facts.remaining() == 0.0


def test_operations_run_in_pool_threads(door: Door) -> None:
    assert door.post("{ thread }").json()["data"]["thread"].startswith("graphql")


def test_full_queue_is_503_and_the_rest_is_served(make_door: MakeDoor, context: Context) -> None:
    door = make_door(threads=1, queue=1)

    async def burst() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door.app), base_url="http://door") as client:
            calls = [asyncio.create_task(client.post("/graphql", json={"query": "{ wait }"})) for _ in range(4)]
            done, _ = await asyncio.wait(calls, timeout=5, return_when=asyncio.FIRST_COMPLETED)
            while len(done) < 2:
                done, _ = await asyncio.wait(calls, timeout=0.01)
            context.gate.set()
            return list(await asyncio.gather(*calls))

    answers = door.runner.run(burst())
    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503]
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert error_codes(refused) == ["OVERLOADED"]
    assert refused.headers["retry-after"] == "1"
    assert door.post("{ hello }").status_code == 200


def test_what_waited_too_long_is_not_started(make_door: MakeDoor, context: Context) -> None:
    door = make_door(deadline_seconds=0.0)
    response = door.post("{ hello }")
    assert (response.status_code, error_codes(response)) == (503, ["OVERLOADED"])
    assert context.opened == 0


def test_cancelled_caller_gives_its_place_back_when_the_call_ends(runner: asyncio.Runner) -> None:
    pool = BoundedPool(1, 0)
    gate = threading.Event()

    async def scenario() -> None:
        task = asyncio.create_task(pool.run(lambda: gate.wait(10)))
        await asyncio.sleep(0)
        assert pool.admitted == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pool.admitted == 1
        gate.set()
        while pool.admitted:  # noqa: ASYNC110 - the pool has no event to wait for
            await asyncio.sleep(0.001)
        assert await pool.run(lambda: 7) == 7

    runner.run(scenario())
    pool.close()


def test_closed_pool_refuses(door: Door) -> None:
    door.app.close()  # type: ignore[attr-defined]
    assert error_codes(door.post("{ hello }")) == ["OVERLOADED"]


def test_request_ids(make_door: MakeDoor) -> None:
    door = make_door(new_request_id=lambda: "fresh-id-1")
    assert door.post("{ hello }", headers={"x-request-id": "given_id.01"}).headers["x-request-id"] == "given_id.01"
    for bad in ("short", "x" * 65, "with space in it", "注入".encode(), "a\tbcdefgh", "-leading-dash"):
        assert door.request("POST", json={"query": "{ hello }"}, headers={"x-request-id": bad}).headers["x-request-id"] == "fresh-id-1"  # type: ignore[dict-item]


def test_client_errors_are_counted_by_code(make_door: MakeDoor) -> None:
    counted: list[str] = []
    door = make_door(on_client_error=counted.append)
    with structlog.testing.capture_logs():
        for query in ("{ nothing }", "{", "{ hello }", "{ boom }", "{ mistake }"):
            door.post(query)
    door.raw(b"null")
    assert counted == ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "BAD_DATE", "BAD_BODY"]


def test_schema_extensions_are_refused() -> None:
    schema = strawberry.Schema(make_schema().query, extensions=[SchemaExtension])
    with pytest.raises(ValueError, match="extensions"):
        GraphQLEndpoint(schema, Context(lambda _: None).open)


HELLO = "{ hello }"
HASH = hashlib.sha256(HELLO.encode()).hexdigest()


@pytest.mark.parametrize("mode", [TrustedMode.ALLOW, TrustedMode.ONLY])
@pytest.mark.parametrize(
    "params", [{"documentId": f"sha256:{HASH}"}, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}}]
)
def test_trusted_document_by_id(make_door: MakeDoor, mode: TrustedMode, params: dict[str, object]) -> None:
    door = make_door(trusted=TrustedDocuments({HASH: HELLO}, mode))
    response = door.request("POST", json=params)
    assert response.json() == {"data": {"hello": "你好，世界"}}


@pytest.mark.parametrize(
    ("mode", "params", "code"),
    [
        (TrustedMode.ALLOW, {"documentId": "sha256:ffff"}, "PERSISTED_QUERY_NOT_FOUND"),
        (TrustedMode.ALLOW, {"query": "{ person { name } }"}, None),
        (TrustedMode.ALLOW, {"query": HELLO, "documentId": "sha256:ffff"}, "PERSISTED_QUERY_MISMATCH"),
        (TrustedMode.ALLOW, {"query": HELLO, "documentId": HASH.upper()}, None),
        (TrustedMode.ALLOW, {}, "MISSING_QUERY"),
        (TrustedMode.ALLOW, {"extensions": {"persistedQuery": 1}}, "MISSING_QUERY"),
        (TrustedMode.ONLY, {"query": "{ person { name } }"}, "TRUSTED_DOCUMENT_REQUIRED"),
        (TrustedMode.ONLY, {"query": HELLO}, None),
        (TrustedMode.OFF, {"query": HELLO, "documentId": "sha256:ffff"}, None),
    ],
)
def test_trusted_modes(make_door: MakeDoor, mode: TrustedMode, params: dict[str, object], code: str | None) -> None:
    door = make_door(trusted=TrustedDocuments({HASH: HELLO}, mode))
    response = door.request("POST", json=params)
    assert error_codes(response) == ([code] if code else [])
    assert response.status_code == (200 if code is None else 403 if code == "TRUSTED_DOCUMENT_REQUIRED" else 400)


def test_a_list_that_lies_is_refused() -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        TrustedDocuments({"00": HELLO}, TrustedMode.ONLY)


def test_documents_are_checked_once(door: Door) -> None:
    documents = door.app.runner.documents  # type: ignore[attr-defined]
    first = documents.check("{ hello }")
    assert documents.check("{ hello }") is first
    for _ in range(3):
        assert error_codes(door.post("{ nothing }")) == ["GRAPHQL_VALIDATION_FAILED"]
    assert (len(documents.accepted), len(documents.refused)) == (1, 1)


def test_junk_cannot_push_good_documents_out(make_door: MakeDoor) -> None:
    door = make_door(limits=HttpLimits(refused_cache_bytes=10_000))
    documents = door.app.runner.documents  # type: ignore[attr-defined]
    good = documents.check("{ hello }")
    for i in range(50):
        door.post(f"{{ x{i} }}")
    assert documents.refused.bytes <= 10_000
    assert 0 < len(documents.refused) <= 10
    assert documents.check("{ hello }") is good


def test_cache_drops_the_least_recently_used() -> None:
    cache: ByteBoundedCache[str] = ByteBoundedCache(100)
    cache.put(b"a", "a", 40)
    cache.put(b"b", "b", 40)
    assert cache.get(b"a") == "a"
    cache.put(b"c", "c", 40)
    assert (cache.get(b"a"), cache.get(b"b"), cache.get(b"c"), cache.bytes) == ("a", None, "c", 80)
    cache.put(b"a", "A", 50)
    assert (cache.get(b"a"), cache.bytes) == ("A", 90)
    cache.put(b"d", "d", 101)
    assert (cache.get(b"d"), cache.bytes) == (None, 90)


def test_the_event_loop_stays_free_during_an_operation(make_door: MakeDoor, context: Context) -> None:
    door = make_door(threads=1)

    async def scenario() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door.app), base_url="http://door") as client:
            call = asyncio.create_task(client.post("/graphql", json={"query": "{ wait }"}))
            turns = 0
            while turns < 100:
                await asyncio.sleep(0)
                turns += 1
            assert not call.done()
            context.gate.set()
            return (await call).status_code

    assert door.runner.run(scenario()) == 200
