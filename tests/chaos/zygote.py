"""A parent that has imported the board once and forks a process of it on request, so that a restart is quick.

``python -m tests.chaos.zygote web|worker|beat`` reads a JSON line for each child from standard input and answers with
the process id. A child leaves this loop with nothing but the imports: then it runs the command that a person would.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG: a run that is gone leaves no process behind
SERVING = ("bookverse.asgi", "bookverse.urls", "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto")
MANAGING = ("bookverse.management.commands.serve", "releases.tasks", "django.core.management.commands.migrate")
EMBEDDED = ("kombu.transport.memory", "celery.concurrency.thread", "celery.worker.consumer")
CELERY = ("celery.__main__", "celery.bin.celery", "kombu.transport.redis", "releases.tasks", "bookverse.sweeper")
IMPORTED = {
    "web": (*SERVING, *MANAGING, *EMBEDDED),
    "worker": (*CELERY, "celery.apps.worker", "celery.concurrency.thread", "celery.worker.consumer"),
    "beat": (*CELERY, "celery.apps.beat", "django_celery_beat.schedulers"),
}


def main(kind: str) -> None:
    import_once(kind)
    signal.signal(signal.SIGCHLD, _reap)
    _say("ready")
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        process_id = os.fork()
        if not process_id:
            become(request)
            break  # out of the parent's loop: from here on there is only the command
        _say(str(process_id))
    else:
        return
    run(request["arguments"])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def import_once(kind: str) -> None:
    """Import what the command would; a thread or a database connection that this left open would not be forked."""
    import django  # noqa: PLC0415 (the settings are named by then)

    django.setup()
    for module in IMPORTED[kind]:
        importlib.import_module(module)
    started = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    assert not started, f"threads do not survive a fork: {started}"


def become(request: dict[str, Any]) -> None:
    """Take on a process of one's own: session, signals, environment and log."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(DEATH_SIGNAL, signal.SIGKILL)
    os.setsid()
    os.environ.update(request["environment"])
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, place)
    os.closerange(3, 64)
    # Once Django is set up: it needs the models.
    importlib.import_module("tests.chaos.app.arming").obey()


def run(arguments: list[str]) -> None:
    """Run the command as its own program would be run."""
    sys.argv = arguments
    if arguments[0] == "celery":
        importlib.import_module("celery.__main__").main()
    else:
        importlib.import_module("django.core.management").execute_from_command_line(arguments)


def _reap(_number: int, _frame: FrameType | None) -> None:
    """Let go of children that are gone; whoever asked for one sees it through its pidfd."""
    while True:
        try:
            process_id, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not process_id:
            return


if __name__ == "__main__":
    main(sys.argv[1])
