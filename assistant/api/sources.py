"""`/api/sources`"""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/sources", tags=["sources"])
