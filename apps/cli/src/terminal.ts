/** The terminal: where all output of the commands goes, and what it can show. */
import { getColor } from "consola/utils";

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const same = (text: string): string => text;

export const plainPaint: Paint = { bold: same, dim: same, red: same, green: same, yellow: same, cyan: same };

export const colourPaint: Paint = {
  bold: getColor("bold"),
  dim: getColor("dim"),
  red: getColor("red"),
  green: getColor("green"),
  yellow: getColor("yellow"),
  cyan: getColor("cyan"),
};

/** Narrower than this nothing can be laid out; wider lines are hard to follow. */
const widthMin = 40;
const widthMax = 200;
/** For output that goes into a file or a pipe. */
const widthElsewhere = 120;

export function paintFor(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env): Paint {
  const wanted = (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
  return stream.isTTY && wanted ? colourPaint : plainPaint;
}

export function widthOf(stream: NodeJS.WriteStream): number {
  const columns = stream.isTTY ? stream.columns : widthElsewhere;
  return Math.min(Math.max(columns || widthElsewhere, widthMin), widthMax);
}

/** Waits until the text is handed over, so that an exit right after it loses nothing in a pipe. */
export function write(text: string, stream: NodeJS.WriteStream = process.stdout): Promise<void> {
  return new Promise((resolve) => {
    // A reader that went away (`| head`) is no failure of ours.
    stream.write(text, () => resolve());
  });
}

export function writeLines(
  lines: readonly string[],
  stream: NodeJS.WriteStream = process.stdout,
): Promise<void> {
  return lines.length === 0 ? Promise.resolve() : write(`${lines.join("\n")}\n`, stream);
}

export function writeJson(value: unknown): Promise<void> {
  return write(`${JSON.stringify(value, undefined, 2)}\n`);
}
