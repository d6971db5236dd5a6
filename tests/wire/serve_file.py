"""Serves /file (8 MiB of noise) and /sum by HTTP on 8000; ends well when the guest says good on 8001."""
import hashlib
import http.server
import os
import socket
import sys
import threading

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
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 8001))
s.listen()
s.settimeout(100)
c, _ = s.accept()
sys.exit(c.recv(16) != b"good\n")
