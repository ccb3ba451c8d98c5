/** Writing to the terminal: lines that stay, and a block below them that is drawn over until it is let go. */
import type { Line, Tone } from "./panel.ts";

export interface TextStream {
  write(text: string): unknown;
}

const colours: Readonly<Record<Tone, string>> = {
  title: "\x1b[1m",
  plain: "",
  good: "\x1b[32m",
  busy: "\x1b[33m",
  bad: "\x1b[31m",
  dim: "\x1b[2m",
};
const reset = "\x1b[0m";

export class Screen {
  readonly #stream: TextStream;
  readonly #ansi: boolean;
  readonly #onBroken: (cause: unknown) => void;
  #isBroken = false;
  /** Terminal rows of the block, which must not have been wrapped: its lines fit the width. */
  #blockRows = 0;
  #block = "";

  /**
   * @param ansi false: no escape sequence at all, and `drawBlock` does nothing
   * @param onBroken called once when the stream can't be written; nothing is written after that
   */
  constructor(stream: TextStream, ansi: boolean, onBroken: (cause: unknown) => void) {
    this.#stream = stream;
    this.#ansi = ansi;
    this.#onBroken = onBroken;
  }

  get canRedraw(): boolean {
    return this.#ansi;
  }

  /** Above the block, if there is one: it is removed, and must be drawn again. */
  print(lines: readonly Line[]): void {
    this.removeBlock();
    this.#write(this.#render(lines));
  }

  drawBlock(lines: readonly Line[]): void {
    if (!this.#ansi) return;
    const text = this.#render(lines);
    if (text === this.#block && this.#blockRows > 0) return;
    this.#write(`${this.#eraser()}${text}`);
    this.#block = text;
    this.#blockRows = lines.length;
  }

  removeBlock(): void {
    const eraser = this.#eraser();
    this.#block = "";
    this.#blockRows = 0;
    if (eraser !== "") this.#write(eraser);
  }

  /** Up to the block's first row, then clear to the end of the screen. */
  #eraser(): string {
    return this.#blockRows === 0 ? "" : `\x1b[${this.#blockRows}A\r\x1b[J`;
  }

  #render(lines: readonly Line[]): string {
    return lines.map(({ text, tone }) => `${this.#paint(text, tone)}\n`).join("");
  }

  #paint(text: string, tone: Tone): string {
    const colour = this.#ansi ? colours[tone] : "";
    return colour === "" || text === "" ? text : `${colour}${text}${reset}`;
  }

  #write(text: string): void {
    if (this.#isBroken || text === "") return;
    try {
      this.#stream.write(text);
    } catch (cause) {
      this.#isBroken = true;
      this.#onBroken(cause);
    }
  }
}
