"""`/api/digest`"""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/digest", tags=["digest"])
