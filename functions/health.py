"""Door of health: alive, and when the last check ended."""

import json
from datetime import UTC, datetime

import azure.functions as func

bp = func.Blueprint()


@bp.route(route="api/health", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    """503 when somebody should be woken; nothing about the fleet."""
    from shared.wiring import house

    report = await house().health.run(datetime.now(UTC))
    body = {
        "status": "failing" if report.wakes else "degraded" if report.problems else "healthy",
        "problems": list(report.problems),
        "last_check": report.last_check.isoformat() if report.last_check else None,
        "last_check_partial": report.last_check_partial,
    }
    status = 503 if report.wakes else 200
    return func.HttpResponse(json.dumps(body), status_code=status, mimetype="application/json")
