/** Reads small files with a bound on size and time, and says in words why one can't be read. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { limits, messageOf, systemCodeOf } from "@mcp-gateway/kit";

export type FileText =
  | { readonly ok: true; readonly text: string; readonly mode: number }
  /** The rest of a sentence whose subject is the file. */
  | { readonly ok: false; readonly reason: string };

export interface ReadBounds {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

export async function readText(path: string, bounds: ReadBounds): Promise<FileText> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<FileText>((resolve) => {
    timer = setTimeout(
      () => resolve({ ok: false, reason: `could not be read within ${bounds.timeoutMs / 1000} s.` }),
      bounds.timeoutMs,
    );
  });
  try {
    return await Promise.race([readNow(path, bounds.bytesMax), late]);
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

async function readNow(path: string, bytesMax: number): Promise<FileText> {
  // Without O_NONBLOCK, opening a named pipe waits for a writer.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) return { ok: false, reason: "is a folder, not a file." };
    if (!stat.isFile()) return { ok: false, reason: "is not a regular file." };
    const buffer = Buffer.alloc(Math.min(stat.size, bytesMax) + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > bytesMax || stat.size > bytesMax)
      return { ok: false, reason: `is larger than ${bytesMax} bytes.` };
    return decode(buffer.subarray(0, length), stat.mode);
  } finally {
    await handle.close();
  }
}

/** Windows editors and shells write UTF-16 and byte order marks; the first is named, the second is skipped. */
function decode(bytes: Uint8Array, mode: number): FileText {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { ok: false, reason: "is saved as UTF-16. Save it as UTF-8." };
  }
  try {
    return { ok: true, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), mode };
  } catch {
    return { ok: false, reason: "is not valid UTF-8. Save it as UTF-8." }; // The decoder says no more than that.
  }
}

function reasonOf(error: unknown): string {
  switch (systemCodeOf(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return "does not exist.";
    case "EACCES":
    case "EPERM":
      return "can't be read: permission denied.";
    case "ELOOP":
      return "is a symbolic link that leads back to itself.";
    default:
      return `can't be read: ${messageOf(error)}.`;
  }
}

/** The contents of files that hold one value each, without the line end that editors leave behind. */
export async function readValueFiles(paths: Iterable<string>): Promise<ReadonlyMap<string, FileText>> {
  const bounds = { bytesMax: limits.configValueFileBytesMax, timeoutMs: limits.configValueFileTimeoutMs };
  const files = new Map<string, FileText>();
  for (const path of new Set(paths)) {
    const file = await readText(path, bounds);
    files.set(path, file.ok ? { ...file, text: file.text.replace(/[\r\n]+$/, "") } : file);
  }
  return files;
}
