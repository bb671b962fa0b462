"""Failures become `application/problem+json`, under /v1 errors as OpenAI's clients read them; here and nowhere else."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from assistant.answers.problem import MEDIA_TYPE, Problem
from assistant.api.openai_shape import error_headers, error_of
from assistant.errors import BadRequest, Conflict, NotFound, TelosError, Unavailable, of_system
from assistant.progress import Cancelled
from connectors.base import SourceFailure
from memory.errors import MemoryFailure

log = logging.getLogger(__name__)


def install_problems(app: FastAPI) -> None:
    unkept = (UnicodeEncodeError, OverflowError)
    for kind in (TelosError, MemoryFailure, SourceFailure, RequestValidationError, HTTPException, *unkept, Exception):
        app.add_exception_handler(kind, _answer)


def problem_of(err: BaseException) -> Problem:
    """Any failure as a problem. One that nobody foresaw is logged with its traceback, and named without it."""
    return Problem.of(_told(err))


def _told(err: BaseException) -> TelosError:
    match err:
        case TelosError():
            return err
        case MemoryFailure():
            return Unavailable(err.sentence, err.remedy)
        case OSError() if (known := of_system(err)) is not None:
            return known
        case SourceFailure():
            return Unavailable(str(err))
        case Cancelled():
            return Conflict("The work was cancelled before it was done.", "What was done up to then stays.")
        case RequestValidationError():
            return BadRequest("; ".join(_complaint(error) for error in err.errors()) + ".")
        case HTTPException(status_code=404 | 405):
            return NotFound(
                "The API has no such route.", "Client and service may differ in version: restart `telos run`."
            )
        case HTTPException():
            return BadRequest(str(err.detail))
        case UnicodeEncodeError() | OverflowError() if (unkept := _cannot_be_kept(err)) is not None:
            log.info("A request held what no row can hold", exc_info=err)
            return unkept
    log.error("A request failed in a way that nobody foresaw", exc_info=err)
    return TelosError(
        f"Telos failed where it should not: {type(err).__name__}: {err}",
        "This is a defect. The service's log has the details.",
    )


def _cannot_be_kept(err: UnicodeEncodeError | OverflowError) -> BadRequest | None:
    """JSON knows halves of characters and numbers of any length, and pydantic lets them pass; SQLite takes neither."""
    match err:
        case UnicodeEncodeError(reason="surrogates not allowed"):
            return BadRequest(
                "A text of the request holds half a character.", r"Leave out \ud800 to \udfff without a pair."
            )
        case OverflowError() if "SQLite INTEGER" in str(err):
            return BadRequest(
                "A number of the request is beyond 64 bits.", "Numbers of rows are those that Telos gave."
            )
    return None


def _complaint(error: dict[str, object]) -> str:
    """One of pydantic's complaints as half a sentence: where, and what."""
    location = error["loc"]
    assert isinstance(location, tuple)
    place = ".".join(str(part) for part in location if part not in ("body", "query", "path"))
    return f"{place}: {error['msg']}" if place else str(error["msg"])


async def _answer(request: Request, err: Exception) -> Response:
    problem = problem_of(err)
    if request.url.path.startswith("/v1/"):
        return JSONResponse(error_of(problem), problem.status, headers=error_headers())
    return Response(problem.model_dump_json(), problem.status, media_type=MEDIA_TYPE)
