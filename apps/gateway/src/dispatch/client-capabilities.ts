/** What a client must have declared before a backend's request may be put to it. Pure. */

type Capabilities = Readonly<Record<string, unknown>>;

function objectAt(value: unknown, key: string): Capabilities | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  const member = (value as Capabilities)[key]; // An object that has the member.
  return typeof member === "object" && member !== null ? (member as Capabilities) : undefined;
}

/** What a backend is told when the client can't be asked. */
export function undeclaredSentence(missing: string): string {
  return `The client did not declare ${missing}.`;
}

/** @param param a member of the request's params. @returns the capability that is missing, as a path; undefined: the client may be asked */
export function missingCapability(
  capabilities: Capabilities,
  method: string,
  param: (name: string) => unknown,
): string | undefined {
  switch (method) {
    case "sampling/createMessage": {
      const sampling = objectAt(capabilities, "sampling");
      if (sampling === undefined) return "sampling";
      const usesTools = param("tools") !== undefined || param("toolChoice") !== undefined;
      return usesTools && objectAt(sampling, "tools") === undefined ? "sampling.tools" : undefined;
    }
    case "elicitation/create": {
      const elicitation = objectAt(capabilities, "elicitation");
      if (elicitation === undefined) return "elicitation";
      if (param("mode") === "url")
        return objectAt(elicitation, "url") === undefined ? "elicitation.url" : undefined;
      // Before 2025-11-25 there was only the form, and an empty object still means it.
      return objectAt(elicitation, "form") === undefined && Object.keys(elicitation).length > 0
        ? "elicitation.form"
        : undefined;
    }
    case "roots/list":
      return objectAt(capabilities, "roots") === undefined ? "roots" : undefined;
    default:
      return method;
  }
}
