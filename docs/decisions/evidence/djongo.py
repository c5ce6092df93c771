"""Evidence for decision 0001: the same model and queries through djongo and through our engine.

    .venv/bin/python docs/decisions/evidence/djongo.py

Makes a virtual environment of its own for djongo, in a temporary folder, and starts a private
MongoDB there. Takes about a minute.
"""

import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
DJONGO = "djongo==1.3.7"  # the newest release, of November 2024


def main() -> None:
    sys.path.insert(0, str(PROJECT))
    from chatproject.development import embedded

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = show_installation(folder / "venv")
        with embedded.servers(folder / "servers", given={"REDIS_URL": "not needed"}) as urls:
            ask("djongo", python, urls["MONGODB_URI"])
            ask("django_mongodb_backend", sys.executable, urls["MONGODB_URI"])


def show_installation(folder: Path) -> str:
    """pip's own words on djongo beside Channels 4; then djongo alone. Answers its python."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]

    print(f"== pip install {DJONGO} 'channels>=4'")
    both = subprocess.run([*pip, DJONGO, "channels>=4"], capture_output=True, text=True)
    errors = [line for line in both.stderr.splitlines() if line.startswith("ERROR")]
    print("\n".join(errors) or "installed: the conflict is gone")

    print(f"\n== pip install {DJONGO}")
    subprocess.run([*pip, DJONGO, "pytz", "setuptools<81"], check=True, capture_output=True)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True
    )
    wanted = ("django=", "djongo=", "pymongo=", "sqlparse=")
    print("\n".join(s for s in listed.stdout.splitlines() if s.lower().startswith(wanted)))
    return python


def ask(engine: str, python: str, uri: str) -> None:
    print(f"\n== {engine}", flush=True)
    # -P: this file's name must not hide the package.
    subprocess.run(
        [python, "-P", __file__, engine, uri], env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )


def inside(engine: str, uri: str) -> None:
    """In the environment of one engine: make the collection, ask each question, print answers."""
    import django
    from django.conf import settings

    database: dict[str, Any] = {"ENGINE": engine, "NAME": engine}
    database |= {"CLIENT": {"host": uri}} if engine == "djongo" else {"HOST": uri}
    key = "django_mongodb_backend.fields.ObjectIdAutoField"
    settings.configure(
        DATABASES={"default": database},
        USE_TZ=False,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField" if engine == "djongo" else key,
    )
    django.setup()

    from django.db import connection, models
    from django.db.models import Count, F, Max, Q

    class Message(models.Model):  # noqa: DJ008
        chat = models.IntegerField()
        content = models.TextField()
        is_read = models.BooleanField(default=False)
        created_at = models.DateTimeField(auto_now_add=True)

        class Meta:
            app_label = "evidence"
            indexes = [models.Index(fields=["chat", "-created_at"], name="chat_newest")]

    connection.ensure_connection()
    with connection.schema_editor() as editor:
        editor.create_model(Message)
    for number in range(6):
        Message.objects.create(chat=number % 2, content=f"{number}", is_read=number < 3)

    def index() -> Any:
        import pymongo

        collection = pymongo.MongoClient(uri)[engine]["evidence_message"]
        keys = collection.index_information()["chat_newest"]["key"]
        return [name for name, _ in keys]

    messages = Message.objects
    answer("fields of the index on chat, -created_at", index, ["chat", "created_at"])
    answer("filter(is_read=True).count()", lambda: messages.filter(is_read=True).count(), 3)
    answer("filter(is_read=False) rows", lambda: len(messages.filter(is_read=False)), 3)
    answer("exclude(is_read=True) rows", lambda: len(messages.exclude(is_read=True)), 3)
    answer("filter(chat=1).exists()", lambda: messages.filter(chat=1).exists(), True)
    by_chat = messages.values("chat").annotate(n=Count("id"))
    answer("rows by chat", lambda: sorted(by_chat.values_list("chat", "n")), [(0, 3), (1, 3)])
    answer("rows by chat, most first", lambda: by_chat.order_by("-n", "chat").first()["n"], 3)
    answer("chats of more than 2 rows", lambda: len(by_chat.filter(n__gt=2)), 2)
    unread = messages.values("chat").annotate(n=Count("id", filter=Q(content__gte="3")))
    answer("unread rows by chat", lambda: sorted(unread.values_list("n", flat=True)), [1, 2])
    answer("number of chats", lambda: messages.values("chat").distinct().count(), 2)
    either = Q(chat=0, content="0") | Q(chat=1, content="1")
    answer("one row of each chat", lambda: messages.filter(either).count(), 2)
    answer("aggregate(Max('chat'))", lambda: messages.aggregate(top=Max("chat"))["top"], 1)
    answer("update(content='x')", lambda: messages.filter(chat=1).update(content="x"), 3)
    answer(
        "update(chat=F('chat') + 2)", lambda: messages.filter(chat=1).update(chat=F("chat") + 2), 3
    )
    answer("update(is_read=True)", lambda: messages.filter(is_read=False).update(is_read=True), 3)


def answer(question: str, get: Callable[[], Any], expected: Any = None) -> None:
    try:
        got = get()
        right = expected is None or got == expected
        print(f"{'ok    ' if right else 'WRONG '} {question}: {got!r}")
    except Exception as error:
        cause: BaseException = error
        while cause.__cause__:  # djongo wraps what it can't translate without a word
            cause = cause.__cause__
        said = " ".join(str(cause).split())[:100]
        print(f"RAISES {question}: {type(cause).__name__} {said}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        inside(*sys.argv[1:])
    else:
        main()
