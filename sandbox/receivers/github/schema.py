"""GitHub's own description of its REST API (@octokit/openapi): what a request may hold, and what an answer holds."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DOCUMENT = Path(__file__).parents[3] / "node_modules/@octokit/openapi/generated/api.github.com.json"
SCHEMAS = "#/components/schemas/"
# Keywords of OpenAPI 3.0 that JSON Schema has too, with the same meaning.
PLAIN = {"type", "enum", "required", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "pattern"}
MANY = {"oneOf", "anyOf", "allOf"}


@cache
def document() -> Any:
    """Thirteen megabytes, read once."""
    return json.loads(DOCUMENT.read_bytes())


def example(name: str) -> Any:
    """What an answer looks like."""
    return document()["components"]["examples"][name]["value"]


def body_mistakes(method: str, path: str, body: Any) -> Iterator[str]:
    """GitHub passes over fields that it does not know; here they are a mistake, or nobody would see them."""
    yield from _mistakes(_body_schema(method, path), body)


def query_mistakes(method: str, path: str, query: Mapping[str, str]) -> Iterator[str]:
    """Parameters too."""
    known = _parameters(method, path)
    for name, value in query.items():
        if name not in known:
            yield f"{name} is no parameter of this operation"
        elif known[name].get("type") == "integer" and not value.isdigit():
            yield f"{name} is no number"
        elif value not in known[name].get("enum", [value]):
            yield f"{name} is none of {', '.join(known[name]['enum'])}"


def answer_mistakes(method: str, path: str, status: int, body: Any) -> list[str]:
    """What in an answer is not as GitHub describes it."""
    return list(_mistakes(_answer_schema(method, path, status), body))


def _mistakes(schema: Draft202012Validator, found: Any) -> Iterator[str]:
    for error in schema.iter_errors(found):
        yield f"{'/'.join(str(part) for part in error.absolute_path) or 'the body'}: {error.validator}"


@cache
def _body_schema(method: str, path: str) -> Draft202012Validator:
    content = _operation(method, path)["requestBody"]["content"]["application/json"]
    return _validator(content["schema"], strict=True)


@cache
def _answer_schema(method: str, path: str, status: int) -> Draft202012Validator:
    response = _resolved(_operation(method, path)["responses"][str(status)])
    return _validator(response["content"]["application/json"]["schema"], strict=False)


@cache
def _parameters(method: str, path: str) -> Mapping[str, Any]:
    found = [_resolved(one) for one in _operation(method, path).get("parameters", [])]
    return {one["name"]: one["schema"] for one in found if one["in"] == "query"}


def _operation(method: str, path: str) -> Any:
    return document()["paths"][path][method.lower()]


def _resolved(found: Any) -> Any:
    """Of parameters and responses."""
    if "$ref" not in found:
        return found
    _, _, kind, name = found["$ref"].split("/")
    return document()["components"][kind][name]


def _validator(schema: Any, *, strict: bool) -> Draft202012Validator:
    """With all that it refers to."""
    defined: dict[str, Any] = {}
    whole = _translated(schema, strict=strict)
    left = list(_referred(whole))
    while left:
        name = left.pop()
        if name not in defined:
            defined[name] = _translated(document()["components"]["schemas"][name], strict=strict)
            left += _referred(defined[name])
    return Draft202012Validator({**whole, "$defs": defined})


def _translated(schema: Any, *, strict: bool) -> dict[str, Any]:
    """From OpenAPI 3.0, where what may be null says so beside its type."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref'].removeprefix(SCHEMAS)}"}
    found = {name: schema[name] for name in PLAIN & schema.keys()}
    for name in MANY & schema.keys():
        found[name] = [_translated(one, strict=strict) for one in schema[name]]
    if "items" in schema:
        found["items"] = _translated(schema["items"], strict=strict)
    if "properties" in schema:
        found["properties"] = {name: _translated(one, strict=strict) for name, one in schema["properties"].items()}
        if strict:
            found["additionalProperties"] = False
    return {"anyOf": [{"type": "null"}, found]} if schema.get("nullable") else found


def _referred(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for one in schema:
            yield from _referred(one)
    elif isinstance(schema, dict):
        for name, one in schema.items():
            if name == "$ref" and isinstance(one, str):
                yield one.removeprefix("#/$defs/")
            else:
                yield from _referred(one)
