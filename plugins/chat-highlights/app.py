"""Questions and paid messages from the chat, one at a time, readable."""

import json
from collections import deque
from typing import List, Optional

from wit_world import exports
from wit_world.imports import overlay, settings, timers
from wit_world.imports.types import Viewer

WAITING_MAX = 20
# The card's full height; a short message takes less of it, from below.
HEIGHT = 288
# Letters of 34 px that a line of the card holds, and lines that fit.
LINE = 36
LINES_MAX = 4


def token(name):
    return overlay.Paint_Token(name)


def node(id, x, y, w, h, shape, parent=1):
    return overlay.Op_Put(overlay.Node(id, parent, id, overlay.Frame(x, y, w, h), 1.0, shape))


def text(words, size, weight, color, lines=1, align="start"):
    return overlay.Shape_Text(overlay.TextNode(overlay.TextSrc_Literal(words), "", size, weight, token(color), align, lines))


def slide(start, end, ease):
    def keys(a, b):
        return [overlay.Keyframe(0, a, ease), overlay.Keyframe(320, b, ease)]

    return [
        overlay.Op_Animate(overlay.Anim(1, "x", keys(*((-48.0, 0.0) if start == 0 else (0.0, -48.0))), 0)),
        overlay.Op_Animate(overlay.Anim(1, "opacity", keys(start, end), 0)),
    ]


class State:
    layer = None
    waiting = deque()
    shown = False
    seconds = 8
    questions = True


def read_settings():
    found = json.loads(settings.get_json())
    State.seconds = found.get("seconds", 8)
    State.questions = found.get("questions", True)


def worth(message):
    """What to say above the message, or None if it is not shown."""
    amount = next((pair.value for pair in message.extra if pair.key == "amount"), None)
    if amount:
        return amount
    if State.questions and message.text.rstrip().endswith("?"):
        return "Question"
    return None


def show_next():
    if not State.waiting:
        if State.shown:
            State.shown = False
            State.layer.commit(slide(1.0, 0.0, "in"))
        return
    kicker, name, words = State.waiting.popleft()
    paid = kicker != "Question"
    lines = max(2, min(LINES_MAX, -(-len(words) // LINE)))
    height = HEIGHT - 44 * (LINES_MAX - lines)
    top = HEIGHT - height
    panel = overlay.Shape_Rect(overlay.BoxNode(token("panel"), 20.0, 0.0, token("ink"), True))
    edge = overlay.Shape_Rect(overlay.BoxNode(token("good" if paid else "accent"), 4.0, 0.0, token("ink"), False))
    ops = [
        overlay.Op_Clear(),
        node(1, 0, top, 760, height, overlay.Shape_Group(), None),
        node(2, 0, top, 760, height, panel),
        node(3, 24, top + 28, 8, height - 56, edge),
        node(4, 56, top + 24, 480, 40, text(name, 28, 700, "ink")),
        node(5, 536, top + 24, 192, 40, text(kicker, 26, 700, "good" if paid else "accent", 1, "end")),
        node(6, 56, top + 72, 672, height - 96, text(words, 34, 500, "ink", lines)),
    ]
    State.layer.commit(ops + slide(0.0, 1.0, "out"))
    State.shown = True
    timers.set("next", State.seconds * 1000, None)


class Lifecycle(exports.Lifecycle):
    def init(self, reason: str) -> None:
        State.layer = overlay.Layer.open("chat")
        State.layer.commit([overlay.Op_Clear()])
        read_settings()

    def settings_changed(self) -> None:
        read_settings()

    def shutdown(self) -> None:
        pass


class TimerEvents(exports.TimerEvents):
    def on_timer(self, name: str) -> None:
        show_next()


class Interactions(exports.Interactions):
    def on_messages(self, batch: List) -> None:
        for message in batch:
            kicker = worth(message)
            if kicker is None:
                continue
            entry = (kicker, message.who.name[:40], message.text.strip()[:180])
            if kicker == "Question":
                State.waiting.append(entry)
            else:
                State.waiting.appendleft(entry)
            while len(State.waiting) > WAITING_MAX:
                State.waiting.pop()
        if not State.shown:
            show_next()

    def on_command(self, name: str, args: str, who: Viewer) -> Optional[str]:
        return None
