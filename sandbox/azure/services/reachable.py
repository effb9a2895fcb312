"""What is only asked whether it is there: the timestamp service and the regional signing endpoints."""

from sandbox.azure.answers import Answer, Refused, refusal
from sandbox.azure.call import Call


def alive(call: Call) -> Answer:
    """200 and nothing in it; 404 for a region that the scenario does not have."""
    region = call.parts.get("region")
    known = {name.lower() for pair in call.scenario.regions.items() for name in pair}
    if region is not None and region.lower() not in known:
        raise Refused(refusal(404, "NotFound", f"There is no region {region}."))
    return Answer(200)
