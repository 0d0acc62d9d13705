"""The audit log, for auditors."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends

from api.db import audit
from api.db.audit import AuditEntry, AuditHead
from api.db.tables.audit import audit as rows
from api.deps import Read, allow
from api.paging import Page, Paging
from api.principal import Principal, Role
from api.routing import Router

router = Router(prefix="/v1/audit", tags=["audit"])

Auditor: TypeAlias = Annotated[Principal, Depends(allow(Role.AUDITOR))]


@router.get("", summary="Who did what, the newest first")
def list_audit_entries(who: Auditor, db: Read, paged: Paging) -> Page[AuditEntry]:
    """Every request that was to change something, whether it did or was refused."""
    return paged.page(db, audit.listed(who.tenant), [rows.c.number], audit.entry_of, newest_first=True)


@router.get("/head", summary="How far has the log come?")
def read_audit_head(who: Auditor, db: Read) -> AuditHead:
    """Keep it elsewhere: against it, `dropwright audit verify` finds whatever was changed or cut off."""
    return audit.head(db, who.tenant)
