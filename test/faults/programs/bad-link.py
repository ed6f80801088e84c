"""
A bad mobile link between this network namespace and another: two TUN devices with a queue between them.

    bad_link.py <other namespace> <near address> <far address> <least delay s> <most delay s> <loss 0..1> <seed>

Packets keep their order, as on a mobile bearer; each waits for a delay of its own, each way. A line `dead` on the
standard input makes it swallow everything from then on, `alive` ends that. Prints `up` once it carries packets.
"""

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
CLONE_NEWNET = 0x40000000


def open_tun(name, address):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    subprocess.run(["ip", "addr", "add", address, "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return device


def open_tun_in(namespace, name, address):
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    device = open_tun(name, address)
    libc.setns(here, CLONE_NEWNET)
    return device


def carry(near, far, least, most, loss):
    """Until the standard input closes."""
    waiting = []
    last_release = {near: 0.0, far: 0.0}
    count = 0
    dead = False
    while True:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else 1.0
        ready, _, _ = select.select([near, far, 0], [], [], timeout)
        if 0 in ready:
            line = os.read(0, 100)
            if not line:
                return
            dead = line.strip().endswith(b"dead")
        for source in (near, far):
            if source not in ready:
                continue
            packet = os.read(source, 65535)
            if dead or random.random() < loss:
                continue
            count += 1
            release = max(last_release[source], time.monotonic() + random.uniform(least, most))
            last_release[source] = release
            heapq.heappush(waiting, (release, count, far if source == near else near, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, target, packet = heapq.heappop(waiting)
            try:
                os.write(target, packet)
            except OSError:
                pass


if __name__ == "__main__":
    other, near_address, far_address, least_s, most_s, loss_share, seed = sys.argv[1:]
    random.seed(int(seed))
    far_device = open_tun_in(other, "road-far", far_address)
    near_device = open_tun(f"rs{os.getpid()}", near_address)
    print("up", flush=True)
    carry(near_device, far_device, float(least_s), float(most_s), float(loss_share))
