"""A serial adapter that is unplugged as soon as somebody has sent it a byte, and plugged in again as another tty."""
import os
import pty
import sys
import tty

link, cycles = sys.argv[1], int(sys.argv[2])
for cycle in range(cycles):
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), link + ".new")
    os.replace(link + ".new", link)
    os.close(slave)
    while True:
        try:
            if os.read(master, 64):
                break
        except OSError:
            # Nobody holds the other end yet.
            pass
    os.unlink(link)
    os.close(master)
