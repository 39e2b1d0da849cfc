"""The desk of the maintainers: uploads, tags, history, what people said, the log of deeds.

Everything goes through the functions that the commands use, with the person's name as the author.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.feedback import read_feedback
from bot.rendering.stages import STAGES
from bot.rendering.uploads import upload_plan_text, upload_result_text
from bot.web.site import Site, see_other, session_of, text_of
from ingest.audience import AUDIENCES
from ingest.parts import Progress
from ingest.uploads import UploadPlan, add_waiting, checked_name
from retrieval.errors import DangwuError, InputError, PlanOutdated, SourceError
from retrieval.leftovers import INCOMING_NAME
from retrieval.records import STAFF

if TYPE_CHECKING:
    from ingest.report import IngestReport

FILE_BYTES_MAX = 20 * 1024 * 1024
_FILES_MAX = 20
_PARCELS_MAX = 10
_LISTED = 20
_VERSIONS_LISTED = 10
_DEEDS_LISTED = 50
_VALUE_CHARS_MAX = 300

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Parcel:
    """Files that one person has sent and that wait for a yes; ``progress`` is the latest word of the work."""

    token: str
    owner: str
    folder: Path
    refused: list[str] = field(default_factory=list)
    plan: UploadPlan | None = None
    remark: str = ""
    progress: str = ""
    result: str = ""
    is_busy: bool = False


class DeskPages:
    """The desk of one site; whatever changes the corpus goes one after the other in a thread of its own."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._home = site.core.data_dir / INCOMING_NAME
        self._parcels: dict[str, Parcel] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="desk")

    @property
    def routes(self) -> list[Route]:
        """Its places."""
        return [
            Route("/desk", self.overview),
            Route("/desk/uploads", self.receive, methods=["POST"]),
            Route("/desk/uploads/{token:str}", self.parcel, methods=["GET"]),
            Route("/desk/uploads/{token:str}", self.decide, methods=["POST"]),
            Route("/desk/tag", self.tag, methods=["POST"]),
            Route("/desk/rollback", self.rollback, methods=["POST"]),
            Route("/desk/history", self.history),
            Route("/desk/voices", self.voices),
            Route("/desk/health", self.health),
            Route("/desk/log", self.log),
        ]

    async def close(self) -> None:
        """Finish what is being ingested; what only waits is dropped."""
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._executor.shutdown()
        for parcel in self._parcels.values():
            shutil.rmtree(parcel.folder, ignore_errors=True)

    async def overview(self, request: Request) -> Response:
        """What waits for the maintainers: uploads, documents held back, the state of the corpus."""
        self._site.person(request, "admin")
        held = await self._site.assistant.overview(STAFF)
        quarantined = await self._site.assistant.read(STAFF, lambda snapshot: snapshot.quarantined())
        waiting = [each for each in self._parcels.values() if each.owner == self._owner(request)]
        return self._site.page(
            request,
            "desk.html",
            held=held,
            quarantined=quarantined,
            waiting=waiting,
            file_mb=FILE_BYTES_MAX >> 20,
            audiences=AUDIENCES,
        )

    async def receive(self, request: Request) -> Response:
        """Let files wait, plan what would become of them, and lead on to the plan."""
        self._site.person(request, "admin")
        form = await self._site.form(request, files=_FILES_MAX)
        try:
            parcel = await self._received(request, form)
        finally:
            await form.close()
        self._begin(parcel, self._plan)
        return see_other(f"/desk/uploads/{parcel.token}")

    async def _received(self, request: Request, form: FormData) -> Parcel:
        """The files of a form as a parcel; HTTPException where there are none, or too many wait already."""
        files = [each for each in form.getlist("files") if isinstance(each, UploadFile) and each.filename]
        if not files:
            raise HTTPException(400, "没有选择文件。")
        owner = self._owner(request)
        if sum(each.owner == owner for each in self._parcels.values()) >= _PARCELS_MAX:
            raise HTTPException(409, "还有太多没有办完的上传，请先导入或取消它们。")
        stated = text_of(form, "audience")
        audience = next((each for each in AUDIENCES if each == stated), None)
        parcel = Parcel(secrets.token_hex(8), owner, self._home / f"page-{secrets.token_hex(8)}")
        self._parcels[parcel.token] = parcel
        for each in files:
            await self._add(parcel, each, audience)
        return parcel

    async def parcel(self, request: Request) -> Response:
        """The plan of an upload, how far the work has come, or what came of it."""
        self._site.person(request, "admin")
        parcel = self._held(request)
        text = "" if parcel.is_busy else upload_plan_text(parcel.plan, parcel.refused, parcel.remark)
        response = self._site.page(
            request,
            "parcel.html",
            parcel=parcel,
            text=text,
            accepted=len(parcel.plan.accepted) if parcel.plan and not parcel.is_busy else 0,
        )
        if parcel.is_busy:
            response.headers["refresh"] = "2"
        return response

    async def decide(self, request: Request) -> Response:
        """Carry out the plan of an upload, or drop it."""
        self._site.person(request, "admin")
        parcel = self._held(request)
        form = await self._site.form(request)
        if parcel.is_busy:
            raise HTTPException(409, "还没有办完，请等一等。")
        if text_of(form, "choice") == "import" and parcel.plan is not None and parcel.plan.accepted:
            author = self._author(request)
            self._site.note(request, "导入", "、".join(parcel.plan.accepted))
            self._begin(parcel, lambda each: self._take_in(each, author))
            return see_other(f"/desk/uploads/{parcel.token}")
        self._drop(parcel)
        session_of(request).notice = "上传的文件没有导入，已经删去。" if not parcel.result else ""
        return see_other("/desk")

    async def tag(self, request: Request) -> Response:
        """State what a document is, against what its text says."""
        self._site.person(request, "admin")
        form = await self._site.form(request)
        document, fields = text_of(form, "document"), _stated(form)
        if not fields:
            raise HTTPException(400, "没有写明要改什么。")
        author = self._author(request)

        def work() -> IngestReport:
            from ingest.upkeep import state

            return state(self._work(author), document, fields)

        await self._run(work)
        self._site.note(request, "标注", f"{document} {fields}")
        session_of(request).notice = "标注已生效，下一个问题起按它回答。"
        return see_other("/library" if not document.isalnum() else f"/library/{document}")

    async def rollback(self, request: Request) -> Response:
        """Return to an older version of the corpus."""
        self._site.person(request, "admin")
        version = text_of(await self._site.form(request), "version")
        author = self._author(request)

        def work() -> str:
            from ingest.upkeep import rollback

            report, target = rollback(self._work(author), version)
            return f"已回到 {target.version.name} 的内容，改动 {len(report.documents)} 份资料。"

        session_of(request).notice = await self._run(work)
        self._site.note(request, "回退", version)
        return see_other("/desk/history")

    async def history(self, request: Request) -> Response:
        """The versions of the corpus, newest first."""
        self._site.person(request, "admin")
        from retrieval.history import past_versions

        store = self._site.core.open_store()
        versions = await self._site.assistant.work.run(lambda: past_versions(store))
        return self._site.page(request, "history.html", versions=versions[: 5 * _VERSIONS_LISTED])

    async def voices(self, request: Request) -> Response:
        """What people asked in vain, judged and wrote."""
        self._site.person(request, "admin")
        data_dir = self._site.core.data_dir
        found = await self._site.assistant.work.run(lambda: read_feedback(data_dir))
        return self._site.page(
            request,
            "voices.html",
            found=found,
            answers=found.answers[::-1][:_LISTED],
            comments=found.comments[::-1][:_LISTED],
            gaps=found.gaps[:_LISTED],
        )

    async def health(self, request: Request) -> Response:
        """What the doctor finds."""
        self._site.person(request, "admin")
        from bot.cli.checks import run_checks

        core = self._site.core
        checks = await self._run(lambda: list(run_checks(core)))
        return self._site.page(request, "health.html", checks=checks)

    async def log(self, request: Request) -> Response:
        """Who did what, newest first."""
        self._site.person(request, "admin")
        return self._site.page(request, "log.html", deeds=self._site.audit.last(_DEEDS_LISTED))

    async def _add(self, parcel: Parcel, file: UploadFile, audience: Any) -> None:
        name = file.filename or ""
        data = await file.read(FILE_BYTES_MAX + 1)
        try:
            name = checked_name(name)
            if len(data) > FILE_BYTES_MAX:
                raise SourceError(
                    f"“{name[:60]}”超过 {FILE_BYTES_MAX >> 20} MB。", remedy="请拆开或在服务器上导入。"
                )
            data_dir = self._site.core.data_dir
            await self._run(lambda: add_waiting(parcel.folder, name, data, audience, data_dir))
        except SourceError as exc:
            parcel.refused.append(f"{exc.message}{exc.remedy}")

    def _begin(self, parcel: Parcel, work: Callable[[Parcel], None]) -> None:
        """Do the work of a parcel beside the questions; what fails is told on its page."""
        parcel.is_busy, parcel.progress, parcel.remark = True, "", ""

        async def doing() -> None:
            try:
                await self._run(lambda: work(parcel))
            except PlanOutdated as exc:
                await self._run(lambda: self._plan(parcel))
                parcel.remark = f"{exc.message}{exc.remedy}"
            except DangwuError as exc:
                parcel.remark = f"没有办成：{exc.message}{exc.remedy}"
            except Exception:
                _log.exception("an upload failed")
                parcel.remark = "没有办成，请把文件再上传一次；还不行就看服务器的日志。"
            finally:
                parcel.is_busy = False

        task = asyncio.create_task(doing())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _plan(self, parcel: Parcel) -> None:
        if parcel.folder.is_dir():
            parcel.plan = self._site.core.plan_uploads(parcel.folder, _noting(parcel))

    def _take_in(self, parcel: Parcel, author: str) -> None:
        if parcel.plan is not None:
            report = self._site.core.take_in(parcel.plan, _noting(parcel), author=author)
            parcel.result, parcel.plan = upload_result_text(report), None

    def _work(self, author: str) -> Any:
        from dataclasses import replace

        work = self._site.core.work(lambda stage, done, total: None)
        return replace(work, author=author)

    def _held(self, request: Request) -> Parcel:
        """The parcel that is named, which must be this person's."""
        parcel = self._parcels.get(request.path_params["token"])
        if parcel is None or parcel.owner != self._owner(request):
            raise HTTPException(404, "没有这个上传，或者已经办完。")
        return parcel

    def _drop(self, parcel: Parcel) -> None:
        shutil.rmtree(parcel.folder, ignore_errors=True)
        self._parcels.pop(parcel.token, None)

    def _owner(self, request: Request) -> str:
        return str(self._site.person(request, "admin").number)

    def _author(self, request: Request) -> str:
        return f"网页 {self._site.person(request, 'admin').name}"

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _stated(form: Any) -> dict[str, str]:
    """The fields that a form states, checked as ``dangwu tag`` does; InputError for a wrong one."""
    from ingest.sidecar import KEYS, read_field

    fields = {}
    if text_of(form, "audience") in AUDIENCES:
        fields["audience"] = text_of(form, "audience")
    key, value = text_of(form, "field"), text_of(form, "value").strip()[:_VALUE_CHARS_MAX]
    if key:
        if key not in KEYS:
            raise InputError("没有这一项。")
        try:
            fields[key] = read_field(key, value, "标注") if value else ""
        except SourceError as exc:
            raise InputError(exc.message, remedy=exc.remedy) from exc
    return fields


def _noting(parcel: Parcel) -> Progress:
    """Called in another thread as work goes on; only the latest word counts."""

    def progress(stage: str, done: int, total: int) -> None:
        parcel.progress = f"{STAGES.get(stage, stage)} {done}/{total}"

    return progress
