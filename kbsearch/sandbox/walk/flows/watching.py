"""Stories in which a knowledge item changes its status: what agent, author and reviewer see each time; changes nothing itself."""

from __future__ import annotations

from collections.abc import Mapping

from kbsearch.sandbox.walk.desk import PAGE, Refused, global_id
from kbsearch.sandbox.walk.documents import NOTICES
from kbsearch.sandbox.walk.stepping import Flow


class Watching(Flow):
    """Looks over three people's shoulders."""

    def check_all_see(self, item: str, status: str, *, hidden: bool, may: list[str]) -> PAGE:
        """Status and whether the text is hidden, the same for all three; `may` is what the reviewer can do now. The agent's page."""
        pages = {desk.name: desk.knowledge(item) for desk in (self.stage.agent, self.stage.author, self.stage.reviewer)}
        seen = {name: (page["status"], page["textHidden"], bool(_body(page))) for name, page in pages.items()}
        self.expect_that(
            f"{'、'.join(pages)}所见均为 {status}，正文{'隐藏' if hidden else '可读'}",
            set(seen.values()) == {(status, hidden, not hidden)},
            list(seen.items()),
        )
        allowed = {name: page["allowedActions"] for name, page in pages.items()}
        wanted = {self.stage.agent.name: [], self.stage.author.name: [], self.stage.reviewer.name: may}
        self.expect_that(f"只有知识管理员可对它做：{'、'.join(may) or '无'}", allowed == wanted, list(allowed.items()))
        return pages[self.stage.agent.name]

    def check_found(self, titles: Mapping[str, str]) -> None:
        """Default search finds each item by its title's word before it is to vanish from there."""
        for title, item in titles.items():
            self.expect_that(f"座席检索到 {title}", self.stage.seconds_until_found(title, item, 1) is not None)

    def check_author_may_not_change(self, item: str, rule: str) -> None:
        """The author's update is refused by this rule."""
        try:
            self.stage.author.act("draftUpdate", knowledgeId=global_id("Knowledge", item), content={"summary": "改写。"})
        except Refused as refused:
            self.expect("作者起草更新", refused.first.get("rule"), rule)
        else:
            self.expect("作者起草更新", None, rule)

    def act_on(self, item: str, name: str, **given: object) -> PAGE:
        """A reviewer's act on the item as it is now. Raises Refused."""
        page = self.stage.reviewer.knowledge(item)
        return self.stage.reviewer.act(name, knowledgeId=page["id"], lockVersion=page["lockVersion"], **given)

    def refused(self, item: str, name: str, **given: object) -> str | None:
        """The code by which a reviewer's act was refused, None when it was carried out."""
        try:
            self.act_on(item, name, **given)
        except Refused as refused:
            return str(refused.first["code"])
        return None

    def notices(self, item: str, part: str) -> list[str]:
        """The titles of the notices somebody got about the item, newest first."""
        told = self.stage.desks[part].listed(NOTICES)
        return [each["title"] for each in told if each["documentId"] == global_id("Knowledge", item)]


def _body(page: PAGE) -> str:
    """The text on the page: of the version in force, else of the one shown in its place."""
    return str((page["currentVersion"] or page["shownVersion"] or {}).get("body") or "")
