"""OpenCV's VideoCapture on a camera: opencv-reader.py URL every|10 [FFMPEG_OPTIONS]

Prints for each picture that it hands out the number in it (see time-code.ts) and the monotonic ms at which it
had it, then scales it as a detector needs it. `every` reads each picture; `10` grabs each and retrieves ten a second.
"""

import os
import sys
import time

url, rate = sys.argv[1:3]
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = sys.argv[3] if len(sys.argv) > 3 else "rtsp_transport;tcp"

import cv2

CELL_PX = 48
BITS = 9
NET_SIZE = (416, 234)


def time_code(picture):
    white = [picture[CELL_PX // 2, int((cell + 0.5) * CELL_PX), 1] >= 128 for cell in range(3 + BITS)]
    bits, parity = white[2 : 2 + BITS], white[2 + BITS]
    if not white[0] or white[1] or sum(bits) % 2 != parity:
        return -1
    return sum(1 << at for at, bit in enumerate(bits) if bit)


cv2.setNumThreads(1)
capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG)
interval = 0 if rate == "every" else 1 / float(rate)
due = 0
while capture.grab():
    now = time.monotonic()
    if now < due - 0.25 * interval:
        continue
    due = now + interval if now - due > interval else due + interval
    picture = capture.retrieve()[1]
    at = time.monotonic()
    print(time_code(picture), at * 1000, flush=True)
    scaled = cv2.resize(picture, NET_SIZE, interpolation=cv2.INTER_LINEAR)
sys.exit("the camera has ended")
