"""iperf3 servers at this end, one run after the other; ends well when the guest says good on 8001."""
import subprocess
import sys

from wirelib import wait_for_good

server = subprocess.Popen(["iperf3", "-s"], stdout=subprocess.DEVNULL)
good = wait_for_good()
server.terminate()
sys.exit(not good)
