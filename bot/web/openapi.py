"""What the JSON door takes and gives, as OpenAPI 3.1; a test holds it against routes and responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
_STRING: Json = {"type": "string"}
_NUMBER: Json = {"type": "integer", "minimum": 1}


def describe(url: str) -> Json:
    """The description; ``url`` is where the site is reached, empty for where it was fetched from."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "党务助手",
            "version": "1",
            "description": "从收录的资料回答问题，每一句都带一字不改的出处。",
        },
        "servers": [{"url": url or "/"}],
        "security": [{"key": []}, {}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": _SCHEMAS,
        },
    }


def _paths() -> Json:
    question = _query("q", "问题或字样", required=True)
    filters = [
        _query("q", "标题、发文机关或文件名里的字样"),
        _query("status", "状态"),
        _query("kind", "种类"),
        _query("audience", "公开或内部"),
    ]
    pages = [_query("page", "第几页，从 1 起", _NUMBER)]
    return {
        "/api/ask": {
            "get": _deed("回答一个问题", "Answer", [question, _query("conversation", "同一段对话的名字")]),
            "post": {**_deed("回答一个问题", "Answer"), "requestBody": _body("Question")},
        },
        "/api/search": {
            "get": _deed(
                "只检索",
                "Evidence",
                [question, _query("k", "几段，1 到 100", _NUMBER), _query("explain", "写 1：说明排序的理由")],
            )
        },
        "/api/documents": {
            "get": _deed("收录的资料", "Documents", [*filters, *pages, _query("n", "每页几份", _NUMBER)])
        },
        "/api/documents/{document_id}": {
            "get": _deed("一份资料的全文", "DocumentText", [_in_path("document_id")])
        },
        "/api/passages/{passage_id}": {
            "get": _deed("一个段落和它前后的编号", "PlacedPassage", [_in_path("passage_id")])
        },
        "/api/topics": {"get": _deed("有名字的做法、制度和模式", "Topics", [filters[0], *pages])},
        "/api/openapi.json": {"get": _deed("这份说明", None)},
        "/v1/chat/completions": {
            "post": {**_deed("OpenAI 兼容的对话，可以流式", None), "requestBody": _body("Chat")}
        },
        "/v1/models": {"get": _deed("OpenAI 兼容的模型列表", None)},
        "/v1/models/{name}": {"get": _deed("OpenAI 兼容的模型", None, [_in_path("name")])},
    }


def _deed(summary: str, schema: str | None, parameters: Sequence[Json] = ()) -> Json:
    content = {"schema": {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}}
    failures = {
        "400": "请求不对",
        "401": "需要密钥",
        "404": "没有，或不能看",
        "429": "问得太快",
        "503": "太忙",
    }
    said = {"schema": {"$ref": "#/components/schemas/Error"}}
    return {
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "结果", "content": {"application/json": content}},
            **{
                code: {"description": text, "content": {"application/json": said}}
                for code, text in failures.items()
            },
        },
    }


def _query(name: str, meaning: str, schema: Json | None = None, *, required: bool = False) -> Json:
    return {
        "name": name,
        "in": "query",
        "description": meaning,
        "required": required,
        "schema": schema or _STRING,
    }


def _in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": _STRING}


def _body(schema: str) -> Json:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"required": True, "content": content}


def _object(required: Sequence[str] = (), /, **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(required) or list(properties)}


def _list(schema: Json | str) -> Json:
    return {
        "type": "array",
        "items": {"$ref": f"#/components/schemas/{schema}"} if isinstance(schema, str) else schema,
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_COUNT: Json = {"type": "integer", "minimum": 0}
_SCORE: Json = {"type": "number", "minimum": 0, "maximum": 1}
_PLACE: Mapping[str, Json] = {"start": _COUNT, "end": _COUNT}
_SCHEMAS: Json = {
    "Question": _object(
        ["question"],
        question={"type": "string", "maxLength": 1000},
        id={"description": "原样放进结果的 id"},
        conversation={"type": "string", "description": "同一段对话的名字：可以追问，半小时内有效"},
        before={**_list(_STRING), "description": "这段对话里以前的提问，程序自己记着时用它代替 conversation"},
    ),
    "Chat": _object(
        ["model", "messages"],
        model={"const": "dangwu"},
        messages=_list({"type": "object"}),
        stream={"type": "boolean"},
    ),
    "Document": _object(id=_STRING, title=_STRING, source=_STRING, status=_STRING),
    "Citation": _object(
        n=_COUNT, passage_id=_STRING, document=_ref("Document"), section=_STRING, quote=_STRING, **_PLACE
    ),
    "Passage": _object(
        id=_STRING,
        document=_ref("Document"),
        section=_STRING,
        text=_STRING,
        score=_SCORE,
        also_in=_COUNT,
        **_PLACE,
    ),
    "PlacedPassage": _object(
        id=_STRING,
        document=_ref("Document"),
        section=_STRING,
        text=_STRING,
        position=_COUNT,
        total=_COUNT,
        previous_id=_STRING,
        next_id=_STRING,
        **_PLACE,
    ),
    "Answer": _object(
        [
            *("id", "question", "status", "answer", "citations", "passages", "notices"),
            *("answerer", "index_version", "elapsed_ms"),
        ],
        id={},
        question=_STRING,
        status={"enum": ["answered", "refused", "error"]},
        answer={"type": "string", "description": "带〔n〕的原文，每个 n 都在 citations 里"},
        citations=_list("Citation"),
        passages=_list("Passage"),
        notices=_list(_STRING),
        nearest={**_list("Citation"), "description": "拒答时最接近的原文，不是答案"},
        suggestions=_list(_STRING),
        rewritten={"type": "string", "description": "追问按它查找"},
        answerer=_STRING,
        index_version=_STRING,
        elapsed_ms={"type": "object"},
    ),
    "Evidence": _object(
        ["question", "passages", "index_version"],
        question=_STRING,
        passages=_list("Passage"),
        index_version=_STRING,
        notices=_list(_STRING),
        explain={"type": "object"},
    ),
    "Documents": _object(
        documents=_list(
            _object(
                id=_STRING,
                title=_STRING,
                source=_STRING,
                status=_STRING,
                date=_STRING,
                issuer=_STRING,
                audience=_STRING,
                format=_STRING,
                passages=_COUNT,
            )
        ),
        n=_COUNT,
        page=_COUNT,
        pages=_COUNT,
        index_version=_STRING,
    ),
    "DocumentText": _object(
        id=_STRING,
        title=_STRING,
        source=_STRING,
        status=_STRING,
        audience=_STRING,
        metadata={"type": "object"},
        passages=_COUNT,
        first_passage=_STRING,
        text=_STRING,
        index_version=_STRING,
    ),
    "Topics": _object(
        pattern=_STRING,
        n=_COUNT,
        page=_COUNT,
        pages=_COUNT,
        topics=_list({"type": "object"}),
        index_version=_STRING,
    ),
    "Error": _object(error=_object(message=_STRING, type=_STRING, code={})),
}
