"""Expected faults and the Chinese sentence an operator gets for each; anything not in these tables is a bug and keeps its traceback."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

NOT_OK, USAGE = 1, 2


class CommandFailed(Exception):  # noqa: N818 - an answer with an exit code
    """A command ends here; the text is Chinese and says what to do."""

    def __init__(self, message: str, code: int = NOT_OK) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


_FULL = "磁盘已满，刚才这一步没有写入，此前的都在。请清理磁盘空间后重试。"
_SQLITE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_BUSY": "数据库一直被别的进程占用。请稍后重试；若一直如此，看看是否有没结束的 kbsearch 进程。",
    "SQLITE_READONLY": "数据库是只读的。请检查数据目录的权限和磁盘是否以只读方式挂载。",
    "SQLITE_CANTOPEN": "打不开数据库文件。请检查数据目录（KBSEARCH_DATA_DIR）是否存在、是否可写。",
    "SQLITE_NOTADB": "数据库文件不是 SQLite 数据库，或已损坏。请核对 KBSEARCH_DATA_DIR，或从备份恢复。",
    "SQLITE_CORRUPT": "数据库文件已损坏。请停下服务，从备份恢复。",
    "SQLITE_IOERR": "读写数据库文件时磁盘出错，刚才这一步没有写入。请检查磁盘是否已满或有故障。",
}
_POSTGRES_FULL = "53100"
_OS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "磁盘配额已用完，刚才这一步没有写入。请清理空间或提高配额后重试。",
    errno.EFBIG: "文件大小到了上限，刚才这一步没有写入。请放宽限制（ulimit -f）后重试。",
    errno.EADDRINUSE: "端口已被占用。请停下占用它的程序，或换一个端口（--port 或 KBSEARCH_PORT）。",
    errno.ENOENT: "找不到文件 {file}，请核对路径。",
    errno.EACCES: "没有权限读写 {file}，请检查权限。",
    errno.EPERM: "没有权限读写 {file}，请检查权限。",
    errno.EISDIR: "{file} 是文件夹，请指明其中的文件。",
    errno.ENOTDIR: "{file} 的上级不是文件夹，请核对路径。",
    errno.EROFS: "{file} 在只读的磁盘上，请换一个地方。",
}


def _refused(error: Any) -> str:
    return "\n".join(refusal.message for refusal in error.refusals)


def _database(error: Any) -> str | None:
    """A driver's complaint; integrity and programming errors are bugs and stay unexplained."""
    cause = error.orig
    name = getattr(cause, "sqlite_errorname", None)
    if name is not None:
        return next((text for start, text in _SQLITE.items() if name.startswith(start)), None)
    if getattr(cause, "sqlstate", None) == _POSTGRES_FULL:
        return _FULL
    if type(error).__name__ == "OperationalError":
        return f"连不上数据库，或连接中断。请检查数据库是否在运行、KBSEARCH_DATABASE_URL 是否正确。（{str(cause).strip()[:200]}）"
    return None


def _os(error: OSError) -> str | None:
    text = _OS.get(error.errno or 0)
    return text.format(file=error.filename or "文件") if text is not None else None


def _with_lexicon(error: Any) -> str:
    return f"{error}。词库目录由 KBSEARCH_LEXICON_DIR 指定。"


# By qualified name, so that explaining a fault imports nothing that was not loaded already; tests/cli checks every name.
EXPLAINED: dict[str, Callable[[Any], str | None]] = {
    "kbsearch.cli.faults.CommandFailed": lambda e: e.message,
    "kbsearch.settings.SettingsError": str,
    "kbsearch.store.schema_version.StoreTooNewError": str,
    "kbsearch.store.schema_version.StoreOutdatedError": str,
    "kbsearch.indexing.faults.IndexFault": str,
    "kbsearch.indexing.analysis.lexicon.LexiconFault": _with_lexicon,
    "kbsearch.errors.Refused": _refused,
    "kbsearch.services.importing.options.ImportFailedError": lambda e: e.message,
    "kbsearch.seed.load.SeedInterruptedError": str,
    "kbsearch.sandbox.refusal.RefusalError": lambda e: e.message,
    "sqlalchemy.exc.DBAPIError": _database,
    "sqlalchemy.exc.ArgumentError": lambda _: "数据库地址写得不对，请改正 KBSEARCH_DATABASE_URL，形如 postgresql://用户:密码@主机/库。",
    "sqlalchemy.exc.NoSuchModuleError": lambda _: "不支持这种数据库，请改正 KBSEARCH_DATABASE_URL：postgresql://… 或留空用 SQLite。",
    "builtins.UnicodeEncodeError": lambda _: "参数中有不是 UTF-8 的字节，请改正后重试。",
    "builtins.OSError": _os,
}


def explain(error: BaseException) -> str | None:
    """The sentence for an expected fault, None for a bug."""
    for kind in type(error).__mro__:
        explanation = EXPLAINED.get(f"{kind.__module__}.{kind.__qualname__}")
        if explanation is not None:
            return explanation(error)
    return None


def exit_code(error: BaseException) -> int:
    """1, or 2 where the arguments themselves were wrong."""
    if isinstance(error, UnicodeEncodeError):
        return USAGE
    return error.code if isinstance(error, CommandFailed) else NOT_OK
