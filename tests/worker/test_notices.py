"""The in-process worker sends notices on: a commit is enough, by mail and by webhook, as the settings say."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from kbsearch.services.notices.channels import Choice, set_channel
from kbsearch.services.people import CONSOLE, create_person
from kbsearch.settings import Settings
from kbsearch.store.migrate import migrate
from kbsearch.store.tables import NoticeAbout
from kbsearch.wiring import open_store, open_system
from kbsearch.worker.schedule import InProcessWorker
from kbsearch.workflow.actions import Role
from kbsearch.workflow.decide import Actor
from kbsearch.workflow.notices import NoticeKind
from tests.services.post_office import listening, post_office


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_a_notice_reaches_mailbox_and_webhook_soon_after_its_commit(tmp_path: Path) -> None:
    with post_office() as office, listening() as listener:
        settings = Settings(
            data_dir=tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=office.port,
            smtp_from="kb@example.com",
            smtp_starttls=False,
            smtp_password=SecretStr("never shown"),
            notice_webhook_private=True,
        )
        assert "never shown" not in repr(settings)
        store = open_store(settings)
        migrate(store.engine)
        store.engine.dispose()
        with open_system(settings, write_index=True) as system:
            worker = InProcessWorker(system)
            worker.start()
            try:
                with system.store.write() as unit:
                    person = create_person(unit, CONSOLE, login="a", name="作者", roles=[Role.AUTHOR])
                    set_channel(unit, Actor(person.id), Choice(mail="a@example.com", webhook_url=listener.url))
                with system.store.write() as unit:
                    unit.notify(person.id, NoticeKind.IDLE, about=NoticeAbout.SUBMISSION, document_id="S", title="闲置", text="请看。")
                assert within(5, lambda: bool(office.letters and listener.taken))
            finally:
                worker.stop()
    assert [recipient for recipient, _ in office.letters] == ["a@example.com"]
    assert len(listener.taken) == 1


def test_without_a_mail_server_there_is_no_mail(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).notice_ways.mail is False
    assert Settings(data_dir=tmp_path, smtp_host="mail").notice_ways.mail is False  # nobody to send as
    ways = Settings(data_dir=tmp_path, smtp_host="mail", smtp_from="kb@example.com").notice_ways
    assert (ways.mail, ways.webhook, ways.private_webhooks) == (True, True, False)
