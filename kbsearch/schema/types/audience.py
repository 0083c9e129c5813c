"""Whom an announcement is for and what it asks of them, as input and output; decides nothing."""

from dataclasses import replace
from datetime import datetime

import strawberry

from kbsearch.content import Terms
from kbsearch.services.differences import audience_text
from kbsearch.workflow.audience import Addressee, Audience, organisation_name


@strawberry.type(name="Organisation", description="单位：总部、省公司、本平台或其他二线平台")
class OrganisationName:
    """A code with its name."""

    code: str = strawberry.field(description="单位代码：HQ、省代码、SECOND_LINE（本平台）、P- 开头的其他二线平台")
    name: str = strawberry.field(description="中文名")


def organisation(code: str, name: str = "") -> OrganisationName:
    """By code; the given name where there is one."""
    return OrganisationName(code=code, name=name or organisation_name(code) or code)


@strawberry.type(name="Addressee", description="指名的一个人")
class NamedPerson:
    """One named person of an organisation."""

    organisation: OrganisationName = strawberry.field(description="所在单位")
    person_id: str = strawberry.field(description="编号；本平台的人为工号")
    name: str = strawberry.field(description="姓名")


@strawberry.type(name="Audience", description="公告对象：这些单位的所有人，加上指名的人")
class AudienceNames:
    """Organisations and named people."""

    organisations: list[OrganisationName] = strawberry.field(description="单位")
    people: list[NamedPerson] = strawberry.field(description="指名的人")
    text: str = strawberry.field(description="一行文字")


def audience_names(audience: Audience) -> AudienceNames:
    """Our value as the schema shows it."""
    return AudienceNames(
        organisations=[organisation(code) for code in sorted(audience.organisations)],
        people=[NamedPerson(organisation=organisation(p.organisation), person_id=p.id, name=p.name) for p in sorted(audience.people)],
        text=audience_text(audience),
    )


@strawberry.type(name="AnnouncementTerms", description="公告在正文之外说的：给谁、是否必读、是否须回复")
class AnnouncementTerms:
    """What only announcements have."""

    audience: AudienceNames = strawberry.field(description="对象")
    must_read: bool = strawberry.field(description="是否必读（须签收）")
    needs_reply: bool = strawberry.field(description="是否须回复")
    reply_due_at: datetime | None = strawberry.field(description="回复期限；空为不限")


def announcement_terms(terms: Terms) -> AnnouncementTerms:
    """Our value as the schema shows it."""
    return AnnouncementTerms(
        audience=audience_names(terms.audience),
        must_read=terms.must_read,
        needs_reply=terms.needs_reply,
        reply_due_at=terms.reply_due_at,
    )


@strawberry.input(description="指名的一个人")
class AddresseeInput:
    """One named person."""

    organisation: str = strawberry.field(description="单位代码；本平台为 SECOND_LINE")
    id: str = strawberry.field(description="编号；本平台的人为工号")
    name: str | None = strawberry.field(default=None, description="姓名；本平台的人以人员名册为准")


@strawberry.input(description="公告对象：给了就整个换掉")
class AudienceInput:
    """Organisations and named people, rewritten as a whole."""

    organisations: list[str] | None = strawberry.field(default=None, description="单位代码：HQ、省代码、SECOND_LINE、P- 开头的其他二线平台")
    people: list[AddresseeInput] | None = strawberry.field(default=None, description="指名的人，最多 500 位；只指名即为便签")


def audience_from(given: AudienceInput) -> Audience:
    """The audience as written, codes in capitals."""
    codes = frozenset(code.strip().upper() for code in given.organisations or () if code.strip())
    people = (Addressee(p.organisation.strip().upper(), p.id.strip(), (p.name or "").strip()) for p in given.people or ())
    return Audience(codes, frozenset(people))


@strawberry.input(description="公告的条款；没有给的项保持原样（新建时为空、否），给 null 则清空")
class AnnouncementTermsInput:
    """Any subset of an announcement's terms."""

    audience: AudienceInput | None = strawberry.field(
        default=strawberry.UNSET, description="对象；只含本平台及其人员的为本地公告，不出本系统"
    )
    must_read: bool | None = strawberry.field(default=strawberry.UNSET, description="是否必读")
    needs_reply: bool | None = strawberry.field(default=strawberry.UNSET, description="是否须回复")
    reply_due_at: datetime | None = strawberry.field(default=strawberry.UNSET, description="回复期限；只在须回复时给")


def terms_over(given: AnnouncementTermsInput | None, start: Terms | None) -> Terms:
    """`start` with the given terms put over it; None empties all."""
    terms = start or Terms()
    if given is None:
        return Terms()
    if given.audience is not strawberry.UNSET:
        terms = replace(terms, audience=Audience() if given.audience is None else audience_from(given.audience))
    if given.must_read is not strawberry.UNSET:
        terms = replace(terms, must_read=bool(given.must_read))
    if given.needs_reply is not strawberry.UNSET:
        terms = replace(terms, needs_reply=bool(given.needs_reply))
    return terms if given.reply_due_at is strawberry.UNSET else replace(terms, reply_due_at=given.reply_due_at)
