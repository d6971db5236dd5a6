"""Serves /file (8 MiB of noise) and /sum by HTTP on 8000; ends well when the guest says good on 8001."""
import hashlib
import http.server
import os
import sys
import threading

from wirelib import wait_for_good

DATA = os.urandom(8 << 20)
FILES = {"/file": DATA, "/sum": (hashlib.sha256(DATA).hexdigest() + "  file\n").encode()}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = FILES.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")


threading.Thread(target=http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever, daemon=True).start()
sys.exit(not wait_for_good(100))
