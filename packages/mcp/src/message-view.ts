/**
 * A notification or a request, for whoever decides by its `params` or changes them: members are read where they
 * stand and changed in place, everything else goes on as it came.
 *
 * Which client a message belongs to, and under which token, is decided by members of `params` and of its `_meta`. So
 * neither these nor the message itself may hold one key twice, in whatever spelling: one reader takes the first of
 * them and another the last, and a token that is replaced for the one would be the server's own for the other.
 */
import { type Changes, ObjectView } from "./object-view.ts";
import { applyEdits, type Edit } from "./result-edits.ts";

export interface MessageChanges {
  /** JSON. */
  readonly id?: Uint8Array;
  readonly params?: Changes;
  readonly meta?: Changes;
}

export class MessageView {
  readonly bytes: Uint8Array;
  readonly method: string;
  /** `undefined`: there are none, or they are no object. */
  readonly params: ObjectView | undefined;
  /** The `_meta` of the params, likewise. */
  readonly meta: ObjectView | undefined;
  readonly #message: ObjectView;

  private constructor(bytes: Uint8Array, method: string, message: ObjectView) {
    this.bytes = bytes;
    this.method = method;
    this.#message = message;
    this.params = message.object("params");
    this.meta = this.params?.object("_meta");
  }

  /**
   * @param bytes what `readEnvelope` took for a notification or a request, or what was written here
   * @returns undefined: it can be read in two ways, and must be dropped
   */
  static read(bytes: Uint8Array): MessageView | undefined {
    const message = ObjectView.at(bytes, 0);
    const method = message?.value("method");
    if (message === undefined || typeof method !== "string") return undefined;
    const view = new MessageView(bytes, method, message);
    const objects = [message, view.params, view.meta];
    return objects.every((object) => object?.isUnambiguous !== false) ? view : undefined;
  }

  /** The params' JSON as it is spelt. */
  get paramsText(): string | undefined {
    return this.#message.text("params");
  }

  /** A member of the params, parsed. */
  param(name: string): unknown {
    return this.params?.value(name);
  }

  /** The message with these changes; `undefined`: its params are no object and can't take them. */
  with({ id, params = {}, meta }: MessageChanges): Uint8Array | undefined {
    const edits: Edit[] = [];
    const idSpan = this.#message.span("id");
    if (id !== undefined && idSpan !== undefined) edits.push({ ...idSpan, text: id });
    const inMeta = meta === undefined ? undefined : this.meta?.edits(meta);
    edits.push(...(inMeta ?? []));
    const set = { ...params.set };
    if (inMeta === undefined && meta?.set !== undefined) set["_meta"] = objectText(meta.set);
    if (this.params !== undefined) edits.push(...this.params.edits({ ...params, set }));
    else if (this.#message.span("params") !== undefined && Object.keys(set).length > 0) return undefined;
    else if (Object.keys(set).length > 0)
      edits.push(...this.#message.edits({ set: { params: objectText(set) } }));
    return edits.length === 0 ? this.bytes : applyEdits(this.bytes, edits);
  }
}

function objectText(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
    .join(",")}}`;
}
