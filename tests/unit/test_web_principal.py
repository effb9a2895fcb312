"""Who may: what the platform says counts, and only where it says that it is on."""

import base64
import json
from collections.abc import Mapping

import pytest

from shared import config
from shared.domain.validation import Way
from shared.web.principal import HEADER, Principal, Role, principal_of

ON, LOCAL = {"WEBSITE_AUTH_ENABLED": "True", "WEBSITE_SITE_NAME": "x"}, {"WEB__LOCAL_USER": "ana"}


def header(*claims: tuple[str, str], **more: str) -> dict[str, str]:
    told = {"auth_typ": "aad", "claims": [{"typ": kind, "val": value} for kind, value in claims], **more}
    return {HEADER: base64.b64encode(json.dumps(told).encode()).decode()}


def asked(headers: Mapping[str, str], settings: Mapping[str, str]) -> Principal | None:
    return principal_of(headers, config.read(settings)[0])


ANA = (("preferred_username", "ana@contoso.example"), ("roles", "Operator"))


def test_a_person_is_known_by_name_and_roles() -> None:
    principal = asked(header(*ANA, ("roles", "Approver")), ON)
    assert principal == Principal("ana@contoso.example", person=True, roles=frozenset({"Operator", "Approver"}))
    assert Way.PERSON is principal.way


def test_roles_may_be_called_otherwise() -> None:
    principal = asked(
        header(("name", "Ana"), ("http://x/role", "Reader"), ("scp", "user"), role_typ="http://x/role"), ON
    )
    assert principal == Principal("Ana", person=True, roles=frozenset({"Reader"}))


@pytest.mark.parametrize("claims", [[("appid", "p")], [("azp", "p"), ("idtyp", "app")], [*ANA, ("idtyp", "app")]])
def test_a_program_is_no_person(claims: list[tuple[str, str]]) -> None:
    principal = asked(header(*claims), ON)
    assert principal
    assert (False, Way.EVENT) == (principal.person, principal.way)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: "no base64"},
        {HEADER: base64.b64encode(b"[1]").decode()},
        header(),
        header(("name", " ")),
    ],
)
def test_without_a_readable_principal_nobody_asks(headers: Mapping[str, str]) -> None:
    assert asked({**headers, "host": "localhost"}, ON | LOCAL) is None


@pytest.mark.parametrize("settings", [{}, {"WEBSITE_AUTH_ENABLED": "False"}, {"WEBSITE_AUTH_ENABLED": "yes"}])
def test_the_header_is_never_believed_where_the_platform_does_not_set_it(settings: dict[str, str]) -> None:
    assert asked(header(*ANA), settings) is None


@pytest.mark.parametrize(
    ("host", "opens"),
    [
        ("localhost", True),
        ("127.0.0.1:7071", True),
        ("[::1]:7071", True),
        ("LOCALHOST:80", True),
        ("evil.example", False),
        ("localhost.evil.example:7071", False),
        ("", False),
    ],
)
def test_on_ones_own_machine_a_setting_opens_it_by_that_name_only(host: str, opens: bool) -> None:
    """A page of another site that resolves to this machine asks under its own name."""
    assert opens == (asked({"host": host}, LOCAL) is not None)


def test_in_azure_the_setting_opens_nothing_and_is_told() -> None:
    settings = LOCAL | {"WEBSITE_SITE_NAME": "x"}
    assert asked({"host": "localhost"}, settings) is None
    [mistake] = config.read(settings)[1]
    assert "WEB__LOCAL_USER is for one's own machine: in Azure it opens nothing." == mistake.sentence


@pytest.mark.parametrize(
    ("has", "may"),
    [("Reader", {Role.READER}), ("Operator", {Role.READER, Role.OPERATOR}), ("Approver", set(Role)), ("owner", set())],
)
def test_each_role_includes_the_one_before(has: str, may: set[Role]) -> None:
    assert may == {role for role in Role if Principal("ana", person=True, roles=frozenset({has})).may(role)}
