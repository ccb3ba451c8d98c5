/** What the client is ready to read (RFC 9110 section 12.5.1). Preferences (`q`) matter only where they forbid. */

export function acceptsJson(header: string | null): boolean {
  return accepts(header, "application", "json");
}

export function acceptsEventStream(header: string | null): boolean {
  return accepts(header, "text", "event-stream");
}

/** What MCP clients send, in both orders: answered without taking it apart. */
const usual = ["application/json, text/event-stream", "text/event-stream, application/json"];

function accepts(header: string | null, type: string, subtype: string): boolean {
  // No header means that anything will do; an empty one is what some proxies make of none.
  if (header === null || header === "") return true;
  if (usual.includes(header)) return true;
  let decidedBy = -1;
  let allowed = false;
  for (const range of header.toLowerCase().split(",")) {
    const [mediaRange = "", ...parameters] = range.split(";");
    const specificity = rangeSpecificity(mediaRange.trim(), type, subtype);
    // The most specific range decides: `*/*, text/event-stream;q=0` means everything but streams.
    if (specificity === -1 || specificity < decidedBy) continue;
    const here = !parameters.some(isZeroQuality);
    allowed = specificity === decidedBy ? allowed || here : here;
    decidedBy = specificity;
  }
  return allowed;
}

/** 2: exactly this type, 1: `type/*`, 0: everything, -1: something else. */
function rangeSpecificity(range: string, type: string, subtype: string): -1 | 0 | 1 | 2 {
  if (range === `${type}/${subtype}`) return 2;
  if (range === `${type}/*`) return 1;
  return range === "*/*" ? 0 : -1;
}

function isZeroQuality(parameter: string): boolean {
  return /^\s*q\s*=\s*0(?:\.0{0,3})?\s*$/.test(parameter);
}
