/** The sockets that stand for one child's stdin and stdout. */
import { widenSendBuffer } from "../../system/send-buffer.ts";
import { type ProcessOutput, SocketOutput } from "./process-output.ts";
import { SocketInput } from "./socket-input.ts";
import { closeDescriptor, openSocketPair, type SocketPair } from "./socket-pair.ts";

export class StdioSockets {
  readonly #input: SocketPair;
  readonly #output: SocketPair;

  private constructor(input: SocketPair, output: SocketPair) {
    this.#input = input;
    this.#output = output;
  }

  /** @returns undefined where there are none; Bun's own pipes serve then */
  static open(): StdioSockets | undefined {
    const input = openSocketPair();
    const output = input === undefined ? undefined : openSocketPair();
    if (input !== undefined && output !== undefined) {
      // Results are what is large; what a child is asked is not.
      widenSendBuffer(output.childs);
      return new StdioSockets(input, output);
    }
    if (input !== undefined) for (const end of [input.ours, input.childs]) closeDescriptor(end);
    return undefined;
  }

  get childs(): { readonly stdin: number; readonly stdout: number } {
    return { stdin: this.#input.childs, stdout: this.#output.childs };
  }

  /** The child has its ends; ours of them would keep the sockets open after its own are closed. */
  started(): { readonly stdin: SocketInput; readonly stdout: ProcessOutput } {
    closeDescriptor(this.#input.childs);
    closeDescriptor(this.#output.childs);
    return { stdin: new SocketInput(this.#input.ours), stdout: new SocketOutput(this.#output.ours) };
  }

  /** There is no child. */
  abandon(): void {
    for (const { ours, childs } of [this.#input, this.#output]) {
      closeDescriptor(ours);
      closeDescriptor(childs);
    }
  }
}
