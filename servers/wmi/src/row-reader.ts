/** Reads the rows that the script reports, line by line as they come, and keeps what fits. */

export type Row = Readonly<Record<string, unknown>>;

export class RowReader {
  readonly #mark: Buffer;
  readonly #bytesMax: number;
  readonly #rowsMax: number;
  #pending: Buffer = Buffer.alloc(0);
  /** The beginning of a line that is too long to be kept was dropped; its rest goes the same way. */
  #isSkipping = false;
  #bytes = 0;
  readonly rows: Row[] = [];
  /** Rows came that are not in `rows`. */
  hasMore = false;
  hasBegun = false;
  hasEnded = false;
  fault: unknown;

  constructor(mark: string, rowsMax: number, bytesMax: number) {
    this.#mark = Buffer.from(`${mark} `);
    this.#rowsMax = rowsMax;
    this.#bytesMax = bytesMax;
  }

  push(chunk: Uint8Array): void {
    let rest = Buffer.concat([this.#pending, chunk]);
    for (let feed = rest.indexOf(0x0a); feed !== -1; feed = rest.indexOf(0x0a)) {
      if (!this.#isSkipping) this.#line(rest.subarray(0, feed));
      this.#isSkipping = false;
      rest = rest.subarray(feed + 1);
    }
    if (rest.length > this.#bytesMax) {
      this.#isSkipping = true;
      this.hasMore = true;
      rest = Buffer.alloc(0);
    }
    // A copy, because the slice would keep all of the chunk alive.
    this.#pending = Buffer.from(rest);
  }

  #line(line: Buffer): void {
    const at = line.indexOf(this.#mark);
    if (at === -1) return;
    // Reports are ASCII by their making.
    const report = line.toString("latin1", at + this.#mark.length).trimEnd();
    if (report === "end") this.hasEnded = true;
    else if (report.startsWith("row ")) this.#row(report.slice(4));
    else if (report.startsWith("fault ")) this.fault = parsed(report.slice(6)) ?? {};
    else this.hasBegun = true;
  }

  #row(json: string): void {
    this.#bytes += json.length;
    const row = parsed(json);
    if (this.rows.length >= this.#rowsMax || this.#bytes > this.#bytesMax || !isRow(row)) this.hasMore = true;
    else this.rows.push(withDates(row));
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // Not what the script writes; it counts as a row that is missing.
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const cimDate = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})\.(\d{3})\d{3}([+-])(\d{2,3})$/u;

/** CIM's dates (`20261123093821.810000+060`, the offset in minutes) in the form that everybody reads. */
export function withDates(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === "string" ? isoDate(value) : value]),
  );
}

function isoDate(text: string): string {
  const found = cimDate.exec(text);
  if (found === null) return text;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, milli = 0] = found
    .slice(1, 8)
    .map(Number);
  const offset = Number(found[9]) * (found[8] === "-" ? -1 : 1);
  const time = Date.UTC(year, month - 1, day, hour, minute - offset, second, milli);
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}
