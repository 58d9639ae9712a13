"""Recognise errors that pass by themselves: the database is down, restarting, full or locked."""

import errno
import sqlite3

import psycopg

# Primary result codes.
_SQLITE_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
# Connection lost, read-only after a failover, deadlock, out of resources, locked, shutting down,
# input or output failed.
_SQLSTATES = ("08", "25006", "40", "53", "55P03", "57P", "58")
_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}


def is_outage(error: BaseException | None) -> bool:
    """Return whether such an error is the cause of this one."""
    while error is not None:
        if _is_outage(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_outage(error: BaseException) -> bool:
    match error:
        case sqlite3.Error():
            return getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_CODES
        case psycopg.OperationalError(sqlstate=None) | psycopg.InterfaceError(sqlstate=None):
            # There was no server to name a state.
            return True
        case psycopg.Error():
            return (error.sqlstate or "").startswith(_SQLSTATES)
        case OSError():
            return error.errno in _ERRNOS
    return False
