/**
 * Secrets never reach a log line, an error text or a status report: every configured secret value is
 * registered here when it becomes known, and is struck out of whatever is written.
 */
const secrets = new Set<string>();
let pattern: RegExp | undefined;

/** Shorter values are words more often than secrets, and striking them out would destroy the text. */
const secretLengthMin = 8;

export function registerSecret(value: string): void {
  if (value.length < secretLengthMin || secrets.has(value)) return;
  secrets.add(value);
  pattern = undefined; // Made when it is next needed: a configuration registers many values in a row.
}

/** It is worth nothing any more, such as a token that was renewed: what is struck out must not grow for ever. */
export function forgetSecret(value: string): void {
  if (secrets.delete(value)) pattern = undefined;
}

export function redact(text: string): string {
  if (secrets.size === 0) return text;
  pattern ??= makePattern();
  return text.replace(pattern, "[redacted]");
}

/** Longer values come first, so that one that contains another is struck out whole. */
function makePattern(): RegExp {
  const escaped = [...secrets]
    .sort((a, b) => b.length - a.length)
    .map((secret) => secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(escaped.join("|"), "g");
}
