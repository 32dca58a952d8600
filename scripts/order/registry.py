#!/usr/bin/env python3
"""usage: registry.py LAYOUT PORT — serves an OCI layout on the loopback by the distribution protocol, whatever name is asked for."""
import http.server
import json
import pathlib
import sys

layout = pathlib.Path(sys.argv[1])
manifest = json.loads((layout / "index.json").read_text())["manifests"][0]


class Registry(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        kind, _, name = self.path.rpartition("/")
        digest = name if name.startswith("sha256:") else manifest["digest"]
        blob = layout / "blobs" / digest.replace(":", "/")
        content = blob.read_bytes() if kind.endswith(("/manifests", "/blobs")) and blob.exists() else b"{}"
        self.send_response(200 if blob.exists() else 404)
        self.send_header("Content-Type", manifest["mediaType"] if kind.endswith("/manifests") else "application/octet-stream")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", digest)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Registry).serve_forever()
