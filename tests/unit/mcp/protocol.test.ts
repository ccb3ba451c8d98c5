/** Revisions, methods and shapes. */
import { describe, expect, test } from "bun:test";
import {
  initializeResultFault,
  isFromClient,
  isFromServer,
  isInitializeResult,
  isSessionRevision,
  latestSessionRevision,
  Method,
  methodExistsIn,
  methodFacts,
  methodTable,
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
  test("every constant is in the table once", () => {
    const names = [...Object.values(Method), ...Object.values(Notification)];
    expect(methodTable.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const { name, kind } of methodTable)
      expect(name.startsWith("notifications/")).toBe(kind === "notification");
  });

  test("know who sends them and where they exist", () => {
    expect(isFromClient("tools/call")).toBe(true);
    expect(isFromServer("tools/call")).toBe(false);
    expect(isFromServer("sampling/createMessage")).toBe(true);
    expect([isFromClient("ping"), isFromServer("ping")]).toEqual([true, true]);
    expect(methodExistsIn("elicitation/create", "2025-03-26")).toBe(false);
    expect(methodExistsIn("tasks/get", "2025-11-25")).toBe(true);
    expect(methodExistsIn("initialize", statelessRevision)).toBe(false);
    expect(methodFacts("toString")).toBeUndefined();
    expect([isFromClient("x/y"), isFromServer("x/y"), methodExistsIn("x/y", "2025-11-25")]).toEqual([
      false,
      false,
      false,
    ]);
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
