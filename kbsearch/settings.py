"""Typed settings from the environment (`KBSEARCH_…`); says what is wrong with them, opens nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kbsearch.workflow.deadlines import Deadlines
from kbsearch.workflow.notices import NoticeWays

_DEFAULTS = Deadlines()
_REPOSITORY = Path(__file__).resolve().parents[1]


class SettingsError(Exception):
    """The environment does not make valid settings; the message lists every fault in Chinese."""


class Settings(BaseSettings):
    """Everything that can be set; see docs/settings.md (generated)."""

    model_config = SettingsConfigDict(env_prefix="KBSEARCH_", extra="ignore")

    data_dir: Path = Field(default=Path("data"), description="数据目录：SQLite 库与内嵌索引所在")
    database_url: str = Field(default="", description="数据库地址；空为数据目录下的 SQLite，生产用 postgresql://用户:密码@主机/库")
    database_pool: int = Field(default=20, ge=2, le=200, description="数据库连接数上限")
    search: Literal["embedded", "opensearch"] = Field(
        default="embedded", description="检索引擎：embedded 为内嵌（本机索引），opensearch 为集群"
    )
    opensearch_urls: str = Field(default="http://127.0.0.1:9200", description="OpenSearch 各节点地址，逗号分隔，同为 http 或 https")
    opensearch_username: str = Field(default="", description="OpenSearch 的用户名；空则不登录")
    opensearch_password: SecretStr = Field(default=SecretStr(""), description="OpenSearch 的密码")
    opensearch_ca: Path | None = Field(default=None, description="签发 OpenSearch 证书的 CA 文件；空用系统信任的")
    opensearch_index_prefix: str = Field(
        default="kbsearch", pattern=r"^[a-z][a-z0-9_-]{0,60}$", description="索引与别名的名称前缀；多套系统共用集群时各用一个"
    )
    opensearch_shards: int = Field(default=1, ge=1, le=8, description="新建索引的分片数；百万篇以下 1 个即可")
    opensearch_replicas: int = Field(default=1, ge=0, le=5, description="每个分片另存几份，节点不够时自动减少")
    opensearch_timeout_seconds: float = Field(default=3.0, gt=0, le=60, description="单次检索请求等待 OpenSearch 的时限（秒）")
    opensearch_sign_region: str = Field(default="", description="托管服务按 AWS SigV4 签名时的区域；空则不签名")
    opensearch_sign_service: str = Field(default="es", description="签名的服务名，托管集群为 es，无服务器版为 aoss")
    opensearch_sign_access_key: str = Field(default="", description="签名用的访问密钥 ID")
    opensearch_sign_secret_key: SecretStr = Field(default=SecretStr(""), description="签名用的访问密钥")
    opensearch_sign_session_token: SecretStr = Field(default=SecretStr(""), description="临时密钥的会话令牌")
    attachments_dir: Path | None = Field(default=None, description="附件目录；空为数据目录下的 attachments，多台机器须共用一处")
    attachment_max_bytes: int = Field(default=20 << 20, ge=1 << 10, le=200 << 20, description="单个附件的字节数上限")
    lexicon_dir: Path = Field(default=_REPOSITORY / "analyzers", description="词库目录")
    host: str = Field(default="127.0.0.1", description="监听地址")
    port: int = Field(default=8000, ge=0, le=65535, description="监听端口；0 为随机空闲端口")
    threads: int = Field(default=8, ge=1, le=64, description="同时执行的 GraphQL 操作数")
    queue: int = Field(default=64, ge=0, le=10_000, description="等待执行的操作数上限，超出答 503")
    deadline_seconds: float = Field(default=10.0, gt=0, le=300, description="单个操作的时限（秒）")
    introspection: bool = Field(default=True, description="已登录者可否查询 GraphQL 模式")
    hq_url: str = Field(default="", description="一级客服系统收件地址；空则只存发件箱、不外发")
    hq_outbound_secret: SecretStr = Field(default=SecretStr(""), description="发往总部的签名密钥，形如 whsec_<base64>")
    hq_inbound_secrets: SecretStr = Field(default=SecretStr(""), description="总部来件的验签密钥；换密钥期间可用逗号并列")
    hq_timeout_seconds: float = Field(default=10.0, gt=0, le=120, description="发往总部单次等待（秒）")
    hq_probe: timedelta = Field(
        default=_DEFAULTS.probe, gt=timedelta(), le=timedelta(seconds=10), description="对方不通时，每隔多久试发一条"
    )
    hq_parallel: int = Field(default=8, ge=1, le=32, description="发往总部的并发数（每条知识内仍先进先出）")
    smtp_host: str = Field(default="", description="通知邮件的服务器；空则不发邮件")
    smtp_port: int = Field(default=25, ge=1, le=65535, description="通知邮件服务器的端口")
    smtp_from: str = Field(default="", description="通知邮件的发件人，如 kbsearch@example.com；发邮件时必填")
    smtp_starttls: bool = Field(default=True, description="连上邮件服务器后是否改用加密（STARTTLS）")
    smtp_user: str = Field(default="", description="邮件服务器的用户名；空则不登录")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="邮件服务器的密码")
    notice_webhooks: bool = Field(default=True, description="是否允许人员把通知发到自己的回调网址")
    notice_webhook_private: bool = Field(default=False, description="回调网址可否指向本机或内网地址；默认不可")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="日志级别")
    log_format: Literal["json", "console"] = Field(default="json", description="日志格式")
    review_due: timedelta = Field(default=_DEFAULTS.review, description="普通申请的本地审核期限")
    review_due_urgent: timedelta = Field(default=_DEFAULTS.review_urgent, description="紧急申请的本地审核期限")
    hq_due: timedelta = Field(default=_DEFAULTS.hq, description="普通申请等总部答复的期限，过期自动查询")
    hq_due_urgent: timedelta = Field(default=_DEFAULTS.hq_urgent, description="紧急申请等总部答复的期限")
    acknowledge_due_urgent: timedelta = Field(default=_DEFAULTS.acknowledge_urgent, description="紧急申请等总部接收确认的期限，过期告警")
    idle_warning: timedelta = Field(default=_DEFAULTS.idle_warning, description="草稿等闲置多久提醒")
    idle_close: timedelta = Field(default=_DEFAULTS.idle_close, description="提醒后多久自动关闭")
    claim: timedelta = Field(default=_DEFAULTS.claim, description="领取审核的占用时长")
    deferred_alarm: timedelta = Field(default=_DEFAULTS.deferred_alarm, description="暂存的总部消息等多久告警")
    reply_reminder: timedelta = Field(default=_DEFAULTS.reply_reminder, description="公告回复到期前多久提醒")
    announcement_review: bool = Field(default=False, description="总部公告收到后是否先由知识管理员核定本地对象再发布；默认即时发布")
    feedback_due: timedelta = Field(default=_DEFAULTS.feedback, description="普通知识反馈的办结期限（总部未定期限时）")
    feedback_due_urgent: timedelta = Field(default=_DEFAULTS.feedback_urgent, description="紧急知识反馈的办结期限（总部未定期限时）")
    feedback_reminder: timedelta = Field(default=_DEFAULTS.feedback_reminder, description="普通知识反馈到期前多久提醒")
    feedback_reminder_urgent: timedelta = Field(default=_DEFAULTS.feedback_reminder_urgent, description="紧急知识反馈到期前多久提醒")

    sync_hours: int = Field(default=24, ge=0, le=24 * 31, description="每隔几小时与总部比对一次版本；0 为不自动比对")

    @property
    def database(self) -> str:
        """The database URL, SQLite in the data folder by default."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'kbsearch.db'}"

    @property
    def index_dir(self) -> Path:
        """Where the embedded index lives."""
        return self.data_dir / "index"

    @property
    def files_dir(self) -> Path:
        """Where attached files lie, in the data folder by default."""
        return self.attachments_dir or self.data_dir / "attachments"

    @property
    def notice_ways(self) -> NoticeWays:
        """How notices can leave the application."""
        mail = bool(self.smtp_host and self.smtp_from)
        return NoticeWays(mail=mail, webhook=self.notice_webhooks, private_webhooks=self.notice_webhook_private)

    @property
    def inbound_secrets(self) -> tuple[str, ...]:
        """The secrets headquarters may sign with."""
        return tuple(s.strip() for s in self.hq_inbound_secrets.get_secret_value().split(",") if s.strip())

    @property
    def deadlines(self) -> Deadlines:
        """The workflow's deadlines."""
        return Deadlines(
            review=self.review_due,
            review_urgent=self.review_due_urgent,
            hq=self.hq_due,
            hq_urgent=self.hq_due_urgent,
            acknowledge_urgent=self.acknowledge_due_urgent,
            idle_warning=self.idle_warning,
            idle_close=self.idle_close,
            claim=self.claim,
            deferred_alarm=self.deferred_alarm,
            probe=self.hq_probe,
            sync_every=timedelta(hours=self.sync_hours),
            reply_reminder=self.reply_reminder,
            feedback=self.feedback_due,
            feedback_urgent=self.feedback_due_urgent,
            feedback_reminder=self.feedback_reminder,
            feedback_reminder_urgent=self.feedback_reminder_urgent,
        )


def load_settings() -> Settings:
    """Read the environment; raise SettingsError naming each variable that is wrong and what it is for."""
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for fault in error.errors():
            name = str(fault["loc"][0])
            described = Settings.model_fields[name].description if name in Settings.model_fields else ""
            lines.append(f"KBSEARCH_{name.upper()}（{described}）：{fault['msg']}")
        raise SettingsError("设置有误，请改正环境变量：\n" + "\n".join(lines)) from error
