#!/usr/bin/env python
"""Django's command line for Pressmark.

Run by hand it works on the same data as `make run`, with the demo's easy settings unless
PRESSMARK_DEMO says otherwise; a server started through config.wsgi is strict by default.
"""

import os
import sys


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("PRESSMARK_DEMO", "1")
    from django.core.management import execute_from_command_line

    from config.db.outages import is_outage

    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        if not is_outage(error):
            raise
        sys.stderr.write(f"The database or the disk is not available: {error}".strip() + "\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
