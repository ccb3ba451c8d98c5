/** Whether the engine's own parser accepts a text: what every walk over JSON is compared with. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Not JSON: that is the answer.
    return false;
  }
}
