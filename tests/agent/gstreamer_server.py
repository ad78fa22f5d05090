"""A network camera made of Debian's GStreamer RTSP server: plays encoded video in a loop, for ever.

    /usr/bin/python3 gstreamer_server.py h264=FILE h265=FILE [--port N] [--rate N] [--login USER:PASSWORD --auth digest]

Run by the system's Python, which sees the packages gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-base
and gstreamer1.0-plugins-good. Each file holds pictures as `write_units` of `gstreamer_camera` writes them; each plays
at rtsp://127.0.0.1:PORT/CODEC to all its clients at once, over TCP alone. The port is the first line of its output.
"""

from __future__ import annotations

import argparse
import struct
from itertools import cycle
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PIPELINE = (
    "( appsrc name=camera is-live=true format=time block=false "
    "caps=video/x-{codec},stream-format=byte-stream,alignment=au ! rtp{codec}pay name=pay0 pt=96 config-interval=-1 )"
)
METHODS = {"basic": GstRtsp.RTSPAuthMethod.BASIC, "digest": GstRtsp.RTSPAuthMethod.DIGEST}


def main() -> None:
    options = parse()
    Gst.init(None)
    server = GstRtspServer.RTSPServer(service=str(options.port), address="127.0.0.1")
    if options.login:
        server.set_auth(auth(options.login, METHODS[options.auth]))
    for play in options.play:
        codec, _, path = play.partition("=")
        server.get_mount_points().add_factory(f"/{codec}", factory(codec, units(Path(path)), options.rate))
    server.attach(None)
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("play", nargs="+", help="codec=file")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--rate", type=int, default=20)
    parser.add_argument("--login")
    parser.add_argument("--auth", choices=METHODS, default="basic")
    return parser.parse_args()


def units(path: Path) -> list[bytes]:
    """The encoded pictures of a file."""
    content, found = path.read_bytes(), []
    while content:
        (size,) = struct.unpack(">I", content[:4])
        found.append(content[4 : 4 + size])
        content = content[4 + size :]
    return found


def auth(login: str, method: GstRtsp.RTSPAuthMethod) -> GstRtspServer.RTSPAuth:
    user, _, password = login.partition(":")
    made, token = GstRtspServer.RTSPAuth.new(), GstRtspServer.RTSPToken.new()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "viewer")
    made.set_supported_methods(method)
    if method == GstRtsp.RTSPAuthMethod.BASIC:
        made.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        made.add_digest(user, password, token)
    return made


def factory(codec: str, pictures: list[bytes], rate: int) -> GstRtspServer.RTSPMediaFactory:
    made = GstRtspServer.RTSPMediaFactory.new()
    made.set_launch(PIPELINE.format(codec=codec))
    made.set_shared(True)
    made.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
    made.add_role_from_structure(role())
    made.connect("media-configure", lambda _, media: Playing(media, pictures, rate))
    return made


def role() -> Gst.Structure:
    """What somebody who knows the password may do; without a password it is not asked."""
    structure = Gst.Structure.new_empty("viewer")
    for permission in ("media.factory.access", "media.factory.construct"):
        structure.set_value(permission, True)
    return structure


class Playing:
    """Pushes one picture after the other, while there is somebody who looks."""

    def __init__(self, media: GstRtspServer.RTSPMedia, pictures: list[bytes], rate: int) -> None:
        self._camera = media.get_element().get_by_name_recurse_up("camera")
        self._pictures = enumerate(cycle(pictures))
        self._step = Gst.SECOND // rate
        self._is_over = False
        media.connect("unprepared", self._end)
        GLib.timeout_add(1000 // rate, self._push)

    def _end(self, _: GstRtspServer.RTSPMedia) -> None:
        self._is_over = True

    def _push(self) -> bool:
        if not self._is_over:
            number, picture = next(self._pictures)
            buffer = Gst.Buffer.new_wrapped(picture)
            # With the time of the clock, one pushed before the pipeline has its own would be due in an hour.
            buffer.pts = buffer.dts = number * self._step
            self._camera.emit("push-buffer", buffer)
        return not self._is_over


if __name__ == "__main__":
    main()
