"""ARM: certificate profiles with their certificates inline."""

from typing import Any

from sandbox.azure.answers import Answer, Refused, refusal
from sandbox.azure.call import Call
from sandbox.azure.services.wire import long_date, system_data, us_date
from sandbox.azure.world.certificates import Certificate, certificates
from sandbox.azure.world.resources import Profile

TYPE = "microsoft.codesigning/codesigningaccounts/certificateprofiles"


def list_profiles(call: Call) -> Answer:
    owner = call.account()
    first, size = int(call.query.get("$skiptoken", 0)), call.scenario.azure.profile_page
    answer: dict[str, Any] = {"value": [body(call, each) for each in owner.profiles[first : first + size]]}
    if first + size < len(owner.profiles):
        answer["nextLink"] = call.next_page(**{"$skiptoken": str(first + size)})
    return Answer(200, answer, targets=(owner.id,))


def get_profile(call: Call) -> Answer:
    wanted = call.parts["profile"]
    found = next((each for each in call.account().profiles if each.name.lower() == wanted.lower()), None)
    if found is None:
        raise Refused(refusal(404, "ResourceNotFound", f"The certificate profile '{wanted}' was not found."))
    return Answer(200, body(call, found), targets=(found.id,))


def body(call: Call, profile: Profile) -> dict[str, Any]:
    """Everything says Active after a validation has lapsed; only the dates tell."""
    kept = certificates(profile, call.world.validations, call.now, call.scenario.azure.certificates_kept)
    return {
        "id": profile.id,
        "name": profile.name,
        "type": TYPE,
        "systemData": system_data(profile.created, profile.modified),
        "properties": {
            "identityValidationId": call.world.validations[profile.bindings[-1].validation].id,
            "includeCity": False,
            "includeCountry": False,
            "includePostalCode": True,
            "includeState": False,
            "includeStreetAddress": True,
            "profileType": profile.type,
            "provisioningState": "Succeeded",
            "status": profile.status,
            "certificates": [_certificate(each) for each in kept],
        },
    }


def _certificate(found: Certificate) -> dict[str, Any]:
    name = found.subject
    made: dict[str, Any] = {
        "serialNumber": found.serial_number,
        "subjectName": f"CN={name}, O={name}, STREET=1 Harbour Road, L=Rotterdam, C=NL, PostalCode=3011",
        "thumbprint": found.thumbprint,
        "createdDate": us_date(found.issued),
        "expiryDate": us_date(found.expires),
        "status": "Active",
        "enhancedKeyUsage": found.key_usage,
    }
    if found.revocation:
        made["status"] = "Revoked"
        made["revocation"] = {
            "requestedAt": long_date(found.revocation.at),
            "effectiveAt": long_date(found.revocation.at),
            "reason": found.revocation.reason,
            "remarks": "",
            "status": "Succeeded",
        }
    return made
