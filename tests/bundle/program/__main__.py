"""What small bundles run in place of an agent: does as the file `behaves` beside it says.

Each start is noted in `starts` of the root, as a line with the version's label and what it was told.
"""

import os
import signal
import socket
import sys
import time
from pathlib import Path


def tell(message):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.connect(os.environ["NOTIFY_SOCKET"])
        channel.send(message.encode())


def main():
    behaves = Path("behaves").read_text().strip()
    with Path(os.environ["EDGEWRIGHT_ROOT"], "starts").open("a") as starts:
        starts.write(f"{os.environ['EDGEWRIGHT_VERSION']} {' '.join(sys.argv[1:])}\n")
    if behaves == "dies":
        sys.exit("the camera is on fire")
    if behaves == "never reports":
        time.sleep(600)
    tell("STATUS=looking")
    tell("READY=1")
    if behaves == "dies later":
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    if behaves == "stays":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pause()


if __name__ == "__main__":
    main()
