"""The API against its own OpenAPI: whatever is sent, the answer is one that is documented."""

from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from domain.roles import Role
from starter.api.v1 import PREFIX, create_v1
from tests.starter.api_fixtures import world
from tests.starter.api_world import World, endpoints

__all__ = ["world"]

EXAMPLES = 5
"""Requests for each endpoint, right and wrong ones each: some seconds for all of them."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

SCHEMA = schemathesis.openapi.from_dict(create_v1().openapi())

OPERATIONS = {
    operation.label: operation
    for found in SCHEMA.get_all_operations()
    if isinstance(found, Ok) and (operation := found.ok())
}


def test_every_endpoint_is_in_the_document() -> None:
    assert set(OPERATIONS) == {str(one) for one in endpoints()}


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_nothing_but_documented_answers(world: World, label: str) -> None:
    operation = OPERATIONS[label]
    # Somebody who may do everything, where there is something.
    place = world.firm if "/firms/" in label else world.company
    secret = world.sign_in(world.users["company", Role.TPK])
    signed_in = {"Authorization": f"Bearer {secret}"}
    there = {"business_id": place.business_id} if "{business_id}" in label else None
    strategies = [operation.as_strategy(headers=signed_in, path_parameters=there)]
    if {"parameters", "requestBody"} & set(operation.definition.raw):
        strategies.append(operation.as_strategy(GenerationMode.NEGATIVE, headers=signed_in))
    base = f"{str(world.client.base_url).rstrip('/')}{PREFIX}"

    with requests.Session() as session:
        session.trust_env = False
        for strategy in strategies:

            @given(case=strategy)
            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=list(HealthCheck),
            )
            def sent(case: Case[Any]) -> None:
                answer = case.call(base_url=base, session=session)
                case.validate_response(answer, checks=CHECKS)

            sent()
