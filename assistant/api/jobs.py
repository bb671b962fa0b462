"""`/api/jobs`: the recurring work, and running a piece of it now."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
