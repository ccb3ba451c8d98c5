/**
 * What each unit forbids its process, and why not more. The gateway faces the network and starts nothing but Bun, so it
 * loses nearly everything. What the supervisor is forbidden, its servers are: programs of other people, which must go on
 * working (npx, uvx, browsers, compilers, containers). Pure.
 */
import { dirname } from "node:path";
import type { ServicePlan } from "./service-plan.ts";
import { pathWord, type UnitLine } from "./unit-text.ts";

export function gatewayConfinement(plan: ServicePlan): readonly UnitLine[] {
  const filters: readonly UnitLine[] = [
    "It starts no foreign program. (Not MemoryDenyWriteExecute=: Bun compiles while it runs, and would not start.)",
    ["NoNewPrivileges", "yes"],
    ["RestrictNamespaces", "yes"],
    ["RestrictRealtime", "yes"],
    ["RestrictSUIDSGID", "yes"],
    ["LockPersonality", "yes"],
    ["SystemCallArchitectures", "native"],
    ["SystemCallFilter", "@system-service"],
    ["SystemCallFilter", "~@privileged"],
    ["SystemCallErrorNumber", "EPERM"],
    "Netlink tells which addresses this machine has.",
    ["RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"],
    ["UMask", "0077"],
  ];
  // The rest needs mounts, which only the system's manager can make everywhere.
  if (plan.scope === "user") return filters;
  return [
    ...filters,
    ...capabilities(plan),
    ["ProtectSystem", "strict"],
    ...homes(plan, "read-only"),
    ["PrivateTmp", "yes"],
    ["PrivateDevices", "yes"],
    ["ProtectProc", "invisible"],
    ...kernel,
    ["ProtectHostname", "yes"],
  ];
}

export function supervisorConfinement(plan: ServicePlan): readonly UnitLine[] {
  if (plan.account?.isOwn !== true) {
    return ["Not confined: its servers are programs of this user, and may do what this user may."];
  }
  return [
    "Its servers are foreign programs, with a user of their own and no way to another one; they write only below the",
    "service's own folders and /tmp. What else they may write to: systemctl edit, ReadWritePaths=.",
    ["NoNewPrivileges", "yes"],
    ["CapabilityBoundingSet", ""],
    ["ProtectSystem", "strict"],
    ...homes(plan, "yes"),
    ["PrivateTmp", "yes"],
    ["ProtectProc", "invisible"],
    ...kernel,
    ["RestrictRealtime", "yes"],
    ["RestrictSUIDSGID", "yes"],
    ["UMask", "0077"],
    "Left out, since servers would break: MemoryDenyWriteExecute= (Bun, Node and Java compile while they run),",
    "RestrictNamespaces= (the sandboxes of browsers and of bubblewrap), SystemCallFilter= and",
    "SystemCallArchitectures= (whatever a program needs), RestrictAddressFamilies= and PrivateDevices= (devices, VPNs).",
  ];
}

/** They imply further rights only where the process has those of root. */
const kernel: readonly UnitLine[] = [
  ["ProtectKernelTunables", "yes"],
  ["ProtectKernelModules", "yes"],
  ["ProtectKernelLogs", "yes"],
  ["ProtectControlGroups", "yes"],
  ["ProtectClock", "yes"],
];

function capabilities({ isLowPort }: ServicePlan): readonly UnitLine[] {
  if (!isLowPort) return [["CapabilityBoundingSet", ""]];
  return [
    "Its port is below 1024.",
    ["CapabilityBoundingSet", "CAP_NET_BIND_SERVICE"],
    ["AmbientCapabilities", "CAP_NET_BIND_SERVICE"],
  ];
}

/** A person's folders are hidden from a service with a user of its own, but for what of it lies there. */
function homes(plan: ServicePlan, forPersons: "read-only" | "yes"): readonly UnitLine[] {
  if (plan.account?.isOwn !== true) return [["ProtectHome", forPersons]];
  const needed = [plan.installDirectory, dirname(plan.configPath), dirname(plan.runtime)].filter(isInHome);
  const outermost = [...new Set(needed)].filter(
    (path) => !needed.some((other) => other !== path && path.startsWith(`${other}/`)),
  );
  return [
    ["ProtectHome", outermost.length === 0 ? "yes" : "tmpfs"],
    ...outermost.map((path): UnitLine => ["BindReadOnlyPaths", pathWord(path)]),
  ];
}

/** A person's home itself. */
export function isHome(path: string): boolean {
  return /^\/(?:root|home(?:\/[^/]+)?)$/.test(path);
}

/** What `ProtectHome=` hides. */
export function isInHome(path: string): boolean {
  return /^\/(?:home|root|run\/user)(?:\/|$)/.test(path);
}
