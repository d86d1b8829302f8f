"""Says hello, and how long the show is on."""

from wit_world import exports
from wit_world.imports import overlay, system, timers
from wit_world.imports.types import Pair


def token(name):
    return overlay.Paint_Token(name)


def text(id, y, h, src, size, weight, color):
    shape = overlay.Shape_Text(overlay.TextNode(src, "", size, weight, token(color), "start", 1))
    return overlay.Op_Put(overlay.Node(id, None, id, overlay.Frame(32, y, 496, h), 1.0, shape))


class State:
    layer = None
    since = 0


def count():
    minutes = (system.now() - State.since) // 60000
    State.layer.commit([overlay.Op_BindText(Pair("minutes", f"On air since {minutes} min"))])


class Lifecycle(exports.Lifecycle):
    def init(self, reason: str) -> None:
        State.layer = overlay.Layer.open("hello")
        State.since = system.now()
        panel = overlay.Shape_Rect(overlay.BoxNode(token("panel"), 20.0, 0.0, token("ink"), True))
        State.layer.commit([
            overlay.Op_Clear(),
            overlay.Op_Put(overlay.Node(1, None, 1, overlay.Frame(0, 0, 560, 144), 1.0, panel)),
            text(2, 20, 60, overlay.TextSrc_Literal("Hello, world"), 44, 700, "ink"),
            text(3, 84, 40, overlay.TextSrc_Bound("minutes"), 28, 500, "ink-muted"),
        ])
        count()
        timers.set("minute", 60000, 60000)

    def settings_changed(self) -> None:
        pass

    def shutdown(self) -> None:
        pass


class TimerEvents(exports.TimerEvents):
    def on_timer(self, name: str) -> None:
        count()
