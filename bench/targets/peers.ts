/**
 * Other people's programs, pinned in `bench/peers/<name>`, each set up as its manual says for the same stdio
 * backend: no authentication, no logging that can be switched off, no telemetry, this machine's own address only.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SseClient } from "../load/sse-client.ts";
import { StreamableClient } from "../load/streamable-client.ts";
import { cargoProgram, nodePackage, type PeerInstall, pythonPackages } from "./install.ts";
import { serverEntries } from "./own.ts";
import type { Launch, Place, TargetKind, TargetOptions } from "./target.ts";

export interface Peer extends TargetKind {
  readonly install: PeerInstall;
  readonly isFromNpm: boolean;
}

const peersDirectory = join(import.meta.dir, "../peers");
const loopbackOnly = join(peersDirectory, "loopback-only.cjs");
const node = ["node", "--require", loopbackOnly] as const;

function inPeer(name: string, path: string): string {
  return join(peersDirectory, name, path);
}

function peer(
  id: string,
  label: string,
  manyBackends: boolean,
  install: PeerInstall,
  launch: (options: TargetOptions, place: Place) => Launch,
  idleSession?: (port: number) => Promise<SseClient>,
): Peer {
  const more = idleSession === undefined ? {} : { idleSession };
  const isFromNpm = install.from === "npm";
  return { id, label, isOwn: false, isFromNpm, manyBackends, install, launch, ...more };
}

function configured(place: Place, name: string, content: string): string {
  const path = join(place.directory, name);
  writeFileSync(path, content);
  return path;
}

function bare(_backend: number, tool: string): string {
  return tool;
}

function streamable(place: Place, path = "/mcp"): Launch["entries"] {
  return [(lanes) => StreamableClient.open(place.port, path, lanes)];
}

export const peers: readonly Peer[] = [
  peer(
    "mcp-hub",
    "mcp-hub 4.2.1",
    true,
    nodePackage("mcp-hub"),
    ({ backends }, place) => ({
      command: [
        ...node,
        inPeer("mcp-hub", "node_modules/mcp-hub/dist/cli.js"),
        ...["--port", String(place.port)],
        ...[
          "--config",
          configured(
            place,
            "hub.json",
            JSON.stringify({ mcpServers: serverEntries(backends, place.backend) }),
          ),
        ],
      ],
      entries: [(lanes) => SseClient.open(place.port, "/mcp", lanes)],
      toolName: (at, tool) => `b${at}__${tool}`,
    }),
    (port) => SseClient.openIdle(port, "/mcp"),
  ),
  peer("mcporter", "mcporter 0.12.3", true, nodePackage("mcporter"), ({ backends }, place) => ({
    // It asks for a newer Node than many machines have; Bun runs it.
    command: [
      process.execPath,
      inPeer("mcporter", "node_modules/mcporter/dist/cli.js"),
      ...["serve", "--http", String(place.port), "--host", "127.0.0.1", "--config"],
      configured(
        place,
        "mcporter.json",
        JSON.stringify({
          imports: [],
          mcpServers: serverEntries(backends, place.backend, { lifecycle: "keep-alive" }),
        }),
      ),
    ],
    entries: streamable(place),
    toolName: (at, tool) => `b${at}__${tool}`,
  })),
  peer(
    "pypi-fastmcp",
    "FastMCP 4.2.3 (Python)",
    true,
    pythonPackages("pypi-fastmcp"),
    ({ backends }, place) => ({
      command: [
        inPeer("pypi-fastmcp", "venv/bin/python"),
        inPeer("pypi-fastmcp", "serve.py"),
        configured(
          place,
          "fastmcp.json",
          JSON.stringify({ mcpServers: serverEntries(backends, place.backend) }),
        ),
        String(place.port),
      ],
      environment: {
        OTEL_SDK_DISABLED: "true",
        FASTMCP_CHECK_FOR_UPDATES: "off",
        FASTMCP_LOG_LEVEL: "WARNING",
      },
      entries: streamable(place),
      // With one server its tools keep their names.
      toolName: (at, tool) => (backends === 1 ? tool : `b${at}_${tool}`),
    }),
  ),
  peer(
    "crate-mcp-proxy",
    "mcp-proxy 0.6.0 (Rust)",
    true,
    cargoProgram("crate-mcp-proxy", "mcp-proxy", "0.6.0"),
    (options, place) => ({
      command: [
        inPeer("crate-mcp-proxy", "cargo/bin/mcp-proxy"),
        "--config",
        configured(place, "proxy.toml", rustConfig(options, place)),
      ],
      environment: { OTEL_SDK_DISABLED: "true", RUST_LOG: "warn" },
      entries: streamable(place, "/"),
      toolName: (at, tool) => `b${at}__${tool}`,
    }),
  ),
  peer("mcp-proxy", "mcp-proxy 6.7.19", false, nodePackage("mcp-proxy"), (_options, place) => ({
    command: [
      ...node,
      inPeer("mcp-proxy", "node_modules/mcp-proxy/dist/bin/mcp-proxy.mjs"),
      ...["--host", "127.0.0.1", "--port", String(place.port), "--", ...place.backend(0)],
    ],
    entries: streamable(place),
    toolName: bare,
  })),
  peer("supergateway", "supergateway 4.0.0", false, nodePackage("supergateway"), (_options, place) => ({
    command: [
      ...node,
      inPeer("supergateway", "node_modules/supergateway/dist/index.js"),
      ...["--stdio", place.backend(0).join(" "), "--outputTransport", "streamableHttp", "--stateful"],
      ...["--port", String(place.port), "--logLevel", "none"],
    ],
    entries: streamable(place),
    toolName: bare,
  })),
  peer(
    "pypi-mcp-proxy",
    "mcp-proxy 0.13.0 (Python)",
    false,
    pythonPackages("pypi-mcp-proxy"),
    (_options, place) => ({
      command: [
        inPeer("pypi-mcp-proxy", "venv/bin/mcp-proxy"),
        ...[
          "--host",
          "127.0.0.1",
          "--port",
          String(place.port),
          "--log-level",
          "ERROR",
          "--",
          ...place.backend(0),
        ],
      ],
      entries: streamable(place, "/mcp/"),
      toolName: bare,
    }),
  ),
];

function rustConfig({ backends }: TargetOptions, place: Place): string {
  const sections = Object.entries(serverEntries(backends, place.backend)).map(
    ([name, entry]) =>
      `[[backends]]\nname = "${name}"\ntransport = "stdio"\n${Object.entries(entry)
        .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
        .join("\n")}\n`,
  );
  return `[proxy]\nname = "bench"\nseparator = "__"\n\n[proxy.listen]\nhost = "127.0.0.1"\nport = ${place.port}\n\n[observability]\naudit = false\nlog_level = "warn"\n\n${sections.join("\n")}`;
}
