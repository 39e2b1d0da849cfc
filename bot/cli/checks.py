"""What ``dangwu doctor`` looks at; each check says what it found and, if need be, the remedy."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from retrieval.errors import REPAIR, DangwuError
from retrieval.lexical import TERM_TABLES
from retrieval.overrides import overrides
from retrieval.publication import are_indexes_sound, damaged_embeddings, damaged_revisions, lost_revisions
from retrieval.removal import removals

if TYPE_CHECKING:
    from bot.compose import Application
    from retrieval.store import Version

Status = Literal["ok", "note", "warning", "broken"]
# With less than this, hardly anything can be written.
_ROOM_BYTES = 1 << 20
_REPLACE = "用 dangwu restore 备份文件 恢复；没有备份就换一个数据目录重新导入。"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: ``note`` is no fault, ``warning`` works in a lesser way, ``broken`` does not work."""

    name: str
    status: Status
    message: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "status": self.status, "message": self.message, "remedy": self.remedy}


def broken(name: str, error: DangwuError) -> Check:
    """The check that ``error`` made fail."""
    return Check(name, "broken", error.message, error.remedy)


def run_checks(application: Application) -> Iterator[Check]:
    """The checks of the corpus and the models, in the order in which they build on each other."""
    yield _guarded("数据目录", check_data_dir, application)
    yield _guarded("资料库", check_store, application)
    yield _guarded("模型", check_model, application)
    yield _guarded("索引", check_index, application)
    yield _guarded("重排", check_reranker, application)
    yield _guarded("大模型", check_language_model, application)


def _guarded(name: str, check: Callable[[Application], Check], application: Application) -> Check:
    try:
        return check(application)
    except DangwuError as exc:
        return broken(name, exc)


def check_data_dir(application: Application) -> Check:
    """Whether the data folder is there, or could be made, and can be written."""
    folder = application.data_dir
    if folder.exists() and not folder.is_dir():
        return Check("数据目录", "broken", f"不是文件夹：{folder}", "改正 DANGWU_DATA_DIR。")
    if not folder.exists() and not folder.parent.is_dir():
        message = f"上级文件夹不存在：{folder.parent}"
        return Check("数据目录", "broken", message, "检查 DANGWU_DATA_DIR 有没有写错，或先建好上级文件夹。")
    if not os.access(folder if folder.exists() else folder.parent, os.W_OK | os.X_OK):
        return Check(
            "数据目录", "broken", f"不可写：{folder}", "检查目录权限，或用 DANGWU_DATA_DIR 换一个目录。"
        )
    if not folder.exists():
        return Check(
            "数据目录", "note", f"还没有建立：{folder}", "第一次 dangwu ask 或 dangwu ingest 时会建立。"
        )
    if shutil.disk_usage(folder).free < _ROOM_BYTES:
        message = f"磁盘已满：{folder}；照常回答，但不能导入，机器人的记录只在内存里"
        return Check("数据目录", "broken", message, "腾出磁盘空间。")
    return Check("数据目录", "ok", str(folder))


def check_store(application: Application) -> Check:
    """Whether the database is whole, and what it holds."""
    if application.is_empty:
        return Check("资料库", "note", "还没有导入资料", "运行 dangwu ingest 文件夹。")
    store = application.open_store()
    damage = store.damage()
    if damage:
        return Check("资料库", "broken", f"数据库损坏：{damage}", _REPLACE)
    damaged = damaged_revisions(store)
    if damaged:
        return Check("资料库", "broken", f"{len(damaged)} 份资料的内容已损坏{_named(damaged)}", REPAIR)
    # Damaged records of what maintainers have said raise here.
    overrides(store)
    removals(store)
    with store.snapshot() as snapshot:
        held_back = snapshot.quarantined()
        message = (
            f"版本 {snapshot.index_version}，{len(snapshot.documents())} 份资料，{snapshot.passage_count} 段"
        )
    lost = lost_revisions(store)
    if lost:
        message += f"；以前的版本里有 {len(lost)} 份的内容已损坏{_named(lost)}，回退不到"
        return Check(
            "资料库", "warning", message, "不影响现在的回答；需要时用 dangwu restore 备份文件 恢复。"
        )
    if held_back:
        names = "、".join(info.source for info, _ in held_back[:3])
        return Check(
            "资料库",
            "warning",
            f"{message}；隔离 {len(held_back)} 份（{names}）",
            "用 dangwu clean 文件 查看原因。",
        )
    return Check("资料库", "ok", message)


def _named(revisions: Mapping[int, str]) -> str:
    """Some sources of revisions, in brackets."""
    names = list(revisions.values())
    return f"（{'、'.join(names[:3])}{'等' if len(names) > 3 else ''}）"


def check_model(application: Application) -> Check:
    """Whether the embedding model loads and computes."""
    name = application.settings.embedding.model
    begun = time.perf_counter()
    embedder = application.embedder
    if embedder is None and name != "none":
        return Check(
            "模型",
            "warning",
            f"{name} 在这台机器上不能用，只按词检索",
            "安装附加项 models（见 README），再设置 DANGWU_EMBEDDING__MODEL。",
        )
    if embedder is None:
        return Check("模型", "note", "none：只按词检索")
    embedder.query("三会一课")
    elapsed_ms = (time.perf_counter() - begun) * 1e3
    return Check("模型", "ok", f"{name}，{embedder.dimension} 维，载入并计算一句用时 {elapsed_ms:.0f} 毫秒")


def check_index(application: Application) -> Check:
    """Whether both indexes agree with the current version and the present model."""
    version = None if application.is_empty else application.open_store().current()
    if version is None:
        return Check("索引", "note", "还没有资料，也就没有索引")
    indexed = _indexed_passages(application)
    if indexed != version.passages:
        message = f"词索引有 {indexed} 段，应有 {version.passages} 段"
        return Check("索引", "broken", message, "运行 dangwu ingest，会按原文重建。")
    if not are_indexes_sound(application.open_store()):
        return Check("索引", "broken", "词索引损坏", "运行 dangwu ingest，会按原文重建。")
    return _check_vectors(application, version)


def _check_vectors(application: Application, version: Version) -> Check:
    embedder = application.embedder
    fingerprint = embedder.fingerprint if embedder else ""
    if version.model != fingerprint:
        message = f"索引是用另一个模型建立的（{version.model or '无'}），现在的是 {fingerprint or '无'}"
        return Check("索引", "warning", f"{message}；按词检索仍可用", "运行 dangwu ingest 重新计算向量。")
    damage = application.vectors.damage(version)
    if damage:
        return Check("索引", "broken", f"向量缺失或损坏：{damage}", "运行 dangwu ingest，会从缓存恢复。")
    unusable = damaged_embeddings(application.open_store())
    if unusable:
        return Check("索引", "broken", f"向量缓存里有 {unusable} 个损坏", "运行 dangwu ingest 重新计算。")
    vectors = sum(each.keys for each in version.vector_sets())
    return Check("索引", "ok", f"词索引 {version.passages} 段，向量 {vectors} 个")


def _indexed_passages(application: Application) -> int:
    with application.open_store().reading() as connection:
        return sum(
            int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # nosec B608 # names of our own tables alone
            for table in TERM_TABLES.values()
        )


def check_reranker(application: Application) -> Check:
    """Whether the cross-encoder that is set loads and marks a passage."""
    model = application.settings.reranker.model
    if not model:
        return Check("重排", "note", "未设置，不重排")
    begun = time.perf_counter()
    reranker = application.reranker
    if reranker is not None:
        reranker.scores("什么是三会一课？", ["三会一课是党的组织生活的基本制度。"])
    elapsed_ms = (time.perf_counter() - begun) * 1e3
    return Check("重排", "ok", f"{model}，载入并计算一段用时 {elapsed_ms:.0f} 毫秒")


def check_language_model(application: Application) -> Check:
    """Whether what a language model needs is installed; the endpoint itself is not called."""
    llm = application.settings.llm
    if not llm.model:
        return Check("大模型", "note", "未设置，由阅读模型指认答案")
    from bot.answering.language_model import is_installed

    if not is_installed():
        message = f"设置了 {llm.model}，但没有安装附加项，仍由阅读模型指认答案"
        return Check("大模型", "warning", message, "在克隆下来的文件夹里运行 pip install '.[llm]'。")
    return Check("大模型", "ok", f"{llm.model}（未联网核对）")
