"""The AI4Media graph behind a running server, and the schemas of the reconciliation API."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.server.conftest import Site

Validate = Callable[[str, Any], None]


@pytest.fixture(scope="session")
def validate() -> Validate:
    """Fail where a document is not as a schema of the API, version 0.2, wants it."""
    suites = os.environ.get("CONFORMANCE_SUITES")
    if not suites:
        pytest.skip("CONFORMANCE_SUITES names no folder with the schemas of the API")
    folder = Path(suites) / "reconciliation"
    schemas = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema, default_specification=DRAFT7))
        for schema in schemas.values()
    )
    base = schemas["type"]["$id"]

    def check(name: str, document: Any) -> None:
        schema = {**schemas[name], "$id": base.replace("type.json", f"{name}.json")}
        schema.pop("$schema")
        errors = list(Draft7Validator(schema, registry=registry).iter_errors(document))
        assert not errors, "\n".join(map(str, errors[:3]))

    return check


def ask(site: Site, batch: Any) -> dict[str, Any]:
    """POST a batch as OpenRefine does, and return the answer."""
    reply = post(site, "/reconcile", queries=json.dumps(batch))
    assert reply.status == 200, reply.text
    answer: dict[str, Any] = json.loads(reply.text)
    return answer


def post(site: Site, path: str, **fields: str) -> Any:
    """POST a form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return site.request("POST", path, headers, urlencode(fields).encode())
