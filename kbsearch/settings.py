"""Typed settings from the environment (`KBSEARCH_…`); says what is wrong with them, opens nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kbsearch.workflow.deadlines import Deadlines

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
    hq_parallel: int = Field(default=8, ge=1, le=32, description="发往总部的并发数（每条知识内仍先进先出）")
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

    @property
    def database(self) -> str:
        """The database URL, SQLite in the data folder by default."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'kbsearch.db'}"

    @property
    def index_dir(self) -> Path:
        """Where the embedded index lives."""
        return self.data_dir / "index"

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
