"""`kbsearch report` on a data folder: for people, for scripts, and with spans it cannot read."""

from __future__ import annotations

from tests.cli.conftest import Run


def test_for_people_and_for_scripts(kb: Run) -> None:
    found = kb("report", "--from", "2020-01-01", "--json").well().json
    assert set(found) == {"from", "to", "steps", "firstPass", "returns", "overdue", "provincesCovered", "provinces", "unsigned"}
    assert found["from"] == "2019-12-31T16:00:00+00:00"
    assert len(found["provinces"]) == 31
    shown = kb("report").well().out
    for word in ("发布周期", "起草到提交审核", "一次通过", "省覆盖", "必读公告"):
        assert word in shown


def test_a_span_nobody_can_read(kb: Run) -> None:
    for given, said in ((("--from", "昨天"), "看不懂时间"), (("--from", "2026-11-02", "--to", "2026-11-01"), "起始时间须早于截止时间")):
        refused = kb("report", *given)
        assert refused.code != 0
        assert said in refused.err
