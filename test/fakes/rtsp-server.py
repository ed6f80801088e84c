"""A real RTSP server (GStreamer's) as a camera: rtsp-server.py CLIP.h264|CLIP.h265 FRAMES_PER_SECOND [PORT]

CLIP is a byte stream of that coding whose pictures start with access unit delimiters; it is sent live, in a loop,
at rtsp://127.0.0.1:PORT/cam. Prints "ready PORT". With CAMERA_USER and CAMERA_PASSWORD in the environment it
asks for them with the authentication named by CAMERA_AUTHENTICATION (basic or digest). With CAMERA_SOUND
the pictures are the second of two tracks. Exits with 77 when GStreamer's packages are missing. Ends when its standard input ends, so that no test leaves it behind.
"""

import os
import sys
import threading
import time

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtsp", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtsp, GstRtspServer
except (ImportError, ValueError) as problem:
    print(f"GStreamer's RTSP server is not installed: {problem}", flush=True)
    sys.exit(77)

DELIMITERS = {"h264": b"\0\0\0\1\x09", "h265": b"\0\0\0\1\x46"}
ROLE = "viewer"
LAUNCH = (
    "( appsrc name=source is-live=true format=time do-timestamp=true block=false"
    " caps=video/x-{coding},stream-format=byte-stream,alignment=au"
    " ! {coding}parse ! rtp{coding}pay name={pay} pt=96 config-interval=-1 {sound} )"
)
SOUND = "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay name=pay0"


def split_pictures(stream, delimiter):
    starts = []
    at = stream.find(delimiter)
    while at >= 0:
        starts.append(at)
        at = stream.find(delimiter, at + 1)
    return [stream[a:b] for a, b in zip(starts, starts[1:] + [len(stream)])]


class Camera(GstRtspServer.RTSPMediaFactory):
    def __init__(self, coding, pictures, frames_per_second):
        super().__init__()
        self.pictures = pictures
        self.frames_per_second = frames_per_second
        sound = "CAMERA_SOUND" in os.environ
        tracks = {"pay": "pay1", "sound": SOUND} if sound else {"pay": "pay0", "sound": ""}
        self.set_launch(LAUNCH.format(coding=coding, **tracks))
        self.set_shared(True)
        self.set_latency(0)

    def do_configure(self, media):
        source = media.get_element().get_by_name("source")
        stopped = threading.Event()
        media.connect("unprepared", lambda *_: stopped.set())
        threading.Thread(target=self.push, args=(source, stopped), daemon=True).start()

    def push(self, source, stopped):
        started = time.monotonic()
        shown = 0
        while not stopped.wait(max(0, started + shown / self.frames_per_second - time.monotonic())):
            picture = Gst.Buffer.new_wrapped(self.pictures[shown % len(self.pictures)])
            if source.emit("push-buffer", picture) != Gst.FlowReturn.OK:
                return
            shown += 1


def authentication(user, password, method):
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, ROLE)
    auth = GstRtspServer.RTSPAuth()
    if method == "basic":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    return auth


def main(clip, frames_per_second, port="0"):
    Gst.init(None)
    coding = clip.rpartition(".")[2]
    with open(clip, "rb") as file:
        pictures = split_pictures(file.read(), DELIMITERS[coding])
    camera = Camera(coding, pictures, float(frames_per_second))
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    user = os.environ.get("CAMERA_USER")
    if user is not None:
        method = os.environ.get("CAMERA_AUTHENTICATION", "digest")
        server.set_auth(authentication(user, os.environ["CAMERA_PASSWORD"], method))
        access = f"{ROLE},media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
        camera.add_role_from_structure(Gst.Structure.from_string(access)[0])
    server.get_mount_points().add_factory("/cam", camera)
    if server.attach(None) == 0:
        sys.exit(f"port {port} is taken")
    loop = GLib.MainLoop()

    def wait_for_parent():
        sys.stdin.read()
        loop.quit()

    threading.Thread(target=wait_for_parent, daemon=True).start()
    print(f"ready {server.get_bound_port()}", flush=True)
    loop.run()


main(*sys.argv[1:])
