/** Revisions, methods and shapes. */
import { describe, expect, test } from "bun:test";
import {
  initializeResultFault,
  isInitializeResult,
  isKnownMethod,
  isSessionRevision,
  latestSessionRevision,
  Method,
  methodExistsIn,
  Notification,
  negotiateRevision,
  sessionRevisions,
  statelessRevision,
} from "@mcp-gateway/mcp";

describe("revisions", () => {
  test("are in order, newest first", () => {
    expect([...sessionRevisions].sort().reverse()).toEqual([...sessionRevisions]);
    expect(statelessRevision > latestSessionRevision).toBe(true);
  });

  test("a known one is answered with itself, anything else with the newest", () => {
    for (const revision of sessionRevisions) expect(negotiateRevision(revision)).toBe(revision);
    for (const other of ["2024-10-06", statelessRevision, "", 5, null, undefined, {}]) {
      expect(negotiateRevision(other)).toBe(latestSessionRevision);
      expect(isSessionRevision(other)).toBe(false);
    }
  });
});

describe("methods", () => {
  test("every constant is known, and nothing else is", () => {
    for (const name of Object.values(Method)) expect([name, isKnownMethod(name)]).toEqual([name, true]);
    for (const name of Object.values(Notification)) {
      expect(name).toStartWith("notifications/");
      expect([name, isKnownMethod(name)]).toEqual([name, true]);
    }
    for (const name of ["toString", "x/y", ""]) expect(isKnownMethod(name)).toBe(false);
  });

  test("know where they exist", () => {
    expect(methodExistsIn("elicitation/create", "2025-03-26")).toBe(false);
    expect(methodExistsIn("tasks/get", "2025-11-25")).toBe(true);
    expect(methodExistsIn("initialize", statelessRevision)).toBe(false);
    expect(methodExistsIn("x/y", "2025-11-25")).toBe(false);
  });
});

describe("shapes", () => {
  const result = {
    protocolVersion: "2025-06-18",
    capabilities: { tools: {}, future: 1 },
    serverInfo: { name: "a", version: "1", icons: [] },
  };

  test("allow fields they do not know", () => {
    expect(isInitializeResult({ ...result, extra: {} })).toBe(true);
  });

  test("refuse what can't be used, and say where", () => {
    const broken = { ...result, serverInfo: { version: "1" } };
    expect(isInitializeResult(broken)).toBe(false);
    expect(initializeResultFault(broken)).toContain("/serverInfo/name");
    expect(initializeResultFault("x")).toStartWith("/: ");
    expect(isInitializeResult({ ...result, capabilities: [] })).toBe(false);
    expect(initializeResultFault(result)).toBe("");
  });
});
