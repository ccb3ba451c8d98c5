"""FastMCP's own way to put many servers behind one address: a proxy made from `mcpServers`."""
import json
import sys

from fastmcp.server import create_proxy

with open(sys.argv[1], encoding="utf-8") as file:
    proxy = create_proxy(json.load(file), name="bench")
proxy.run(transport="http", host="127.0.0.1", port=int(sys.argv[2]), show_banner=False)
