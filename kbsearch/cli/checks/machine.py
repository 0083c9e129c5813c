"""The doctor on this machine: Python, data folder, space, lexicon, port; opens neither database nor index."""

from __future__ import annotations

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from kbsearch.cli.addresses import listener, reached_as
from kbsearch.cli.checks.finding import Finding, fail, failed, ok, warn

if TYPE_CHECKING:
    from kbsearch.settings import Settings

_PYTHON = (3, 11)
_MIB = 1 << 20
_SCARCE, _TOO_LITTLE = 1024 * _MIB, 100 * _MIB


def python(_settings: Settings) -> list[Finding]:
    """The interpreter is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _PYTHON:
        return [fail("Python", f"版本 {version} 过旧，请用 3.11 或更新的版本重建虚拟环境。")]
    return [ok("Python", version)]


def data_folder(settings: Settings) -> list[Finding]:
    """It can be written, and there is room."""
    folder = settings.data_dir.resolve()
    present = folder
    while not present.exists():
        present = present.parent
    if not present.is_dir():
        return [fail("数据目录", f"{present} 不是文件夹，请改正 KBSEARCH_DATA_DIR。")]
    if not os.access(present, os.W_OK | os.X_OK):
        return [fail("数据目录", f"{present} 不可写，请检查权限，或用 KBSEARCH_DATA_DIR 换一处。")]
    found = ok("数据目录", str(folder)) if present == folder else warn("数据目录", f"{folder} 还没有，运行 kbsearch migrate 时建立。")
    return [found, _space(shutil.disk_usage(present).free)]


def attachments_folder(settings: Settings) -> list[Finding]:
    """Files can be put into it; below the data folder it is made at need."""
    folder = settings.files_dir.resolve()
    if settings.attachments_dir is None and not folder.exists():
        return [ok("附件目录", f"{folder}，第一次上传时建立")]
    if not folder.is_dir():
        return [fail("附件目录", f"{folder} 不存在或不是文件夹，请建立它，或改正 KBSEARCH_ATTACHMENTS_DIR。")]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [fail("附件目录", f"{folder} 不可写，请检查权限，或用 KBSEARCH_ATTACHMENTS_DIR 换一处。")]
    return [ok("附件目录", str(folder))]


def _space(free: int) -> Finding:
    told = f"剩余 {free // _MIB} MB"
    if free < _TOO_LITTLE:
        return fail("磁盘空间", f"{told}，不够用，写入会失败。请清理磁盘。")
    return warn("磁盘空间", f"{told}，重建索引可能不够。请清理磁盘。") if free < _SCARCE else ok("磁盘空间", told)


def lexicon(settings: Settings) -> list[Finding]:
    """The dictionary files are there and can be read."""
    from kbsearch.indexing.analysis.lexicon import LexiconFault, load_lexicon

    if not settings.lexicon_dir.is_dir():
        return [fail("词库", f"没有词库目录 {settings.lexicon_dir}，请用 KBSEARCH_LEXICON_DIR 指明（随程序的在 analyzers/）。")]
    try:
        read = load_lexicon(settings.lexicon_dir)
    except (LexiconFault, OSError) as error:
        return [failed("词库", error)]
    if not read.words:
        return [warn("词库", f"{settings.lexicon_dir} 中没有领域词，检索仍可用但不准。请核对 KBSEARCH_LEXICON_DIR。")]
    return [ok("词库", f"{len(read.words)} 个词，{len(read.synonyms)} 个有同义词（{settings.lexicon_dir}）")]


def port(settings: Settings) -> list[Finding]:
    """Free for the service, or the service answers there."""
    if settings.port == 0:
        return [ok("端口", "启动时随机选取")]
    try:
        with listener(settings.host, settings.port):
            return [ok("端口", f"{settings.host}:{settings.port} 空闲，服务没有在运行")]
    except PermissionError:
        return [fail("端口", f"没有权限监听 {settings.port}，请用 KBSEARCH_PORT 换成 1024 以上的端口。")]
    except OverflowError:
        return [fail("端口", f"{settings.port} 不是端口号，请改正 KBSEARCH_PORT。")]
    except OSError:
        return [_who_answers(settings.host, settings.port)]


def _who_answers(host: str, number: int) -> Finding:
    place = f"[{host}]:{number}" if ":" in host else f"{reached_as(host)}:{number}"
    try:
        with _opener().open(f"http://{place}/readyz", timeout=3) as answer:
            checks = json.load(answer)["checks"]
    except urllib.error.HTTPError as error:
        return _not_ready(place, error)
    except (OSError, ValueError, KeyError, TypeError):
        return fail("端口", f"{place} 被别的程序占用。请停下它，或用 KBSEARCH_PORT 换一个端口。")
    return ok("端口", f"服务在 {place} 运行，{'、'.join(f'{name}{state}' for name, state in checks.items())}")


def _not_ready(place: str, error: urllib.error.HTTPError) -> Finding:
    try:
        wrong = [f"{name}：{state}" for name, state in json.load(error)["checks"].items() if state != "正常"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return fail("端口", f"{place} 上是别的程序（HTTP {error.code}）。请停下它，或用 KBSEARCH_PORT 换一个端口。")
    return fail("端口", f"服务在 {place} 运行但未就绪。{'；'.join(wrong)}")


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never by a proxy: it is this machine
