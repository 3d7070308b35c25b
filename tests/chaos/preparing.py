"""``python -m tests.chaos.preparing`` makes an empty database the demo's board and prints the operators' API tokens.

The demo's accounts have known passwords, so only this process runs as the demo; the board that is tried does not.
"""

from __future__ import annotations

import json
import sys

import django

OPERATORS = ("manager", "admin")


def main() -> None:
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 (the apps are loaded by then)

    from releases.actions.tokens import create_token  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    call_command("seed_demo", verbosity=0)
    tokens = {name: create_token(username=name, scopes=[], days=1, name="chaos") for name in OPERATORS}
    sys.stdout.write(f"{json.dumps(tokens)}\n")


if __name__ == "__main__":
    main()
