/** Every answer is checked: that it is the answer to this request, and that it says what it must say. */

/** An answer that is not the one to this request, or does not say what it must. Never acceptable. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

/** The target said that it could not do it, or did not answer. */
export class CallFailed extends Error {
  override readonly name = "CallFailed";
}

/** Larger ones are compared as bytes: to parse megabytes would measure the client. */
const parsedBytesMax = 16 * 1024;

interface Answer {
  readonly id?: unknown;
  readonly error?: unknown;
  readonly result?: { readonly content?: readonly { readonly text?: unknown }[]; readonly isError?: unknown };
}

/** @param expected a text whose JSON spelling is itself */
export function checkCall(body: Buffer, id: number, expected: string): void {
  if (body.length <= parsedBytesMax) return checkParsed(parse(body), id, expected);
  const text = Buffer.from(expected);
  const at = body.indexOf(text.subarray(0, 64));
  const isThere = at !== -1 && body.subarray(at, at + text.length).equals(text);
  if (!isThere) throw wrong(`not the text of ${text.length} bytes that was asked for with ${id}`, body);
  // What is around the text is small, and is read as JSON with an empty text in its place.
  const around = Buffer.concat([body.subarray(0, at), body.subarray(at + text.length)]);
  if (around.length > parsedBytesMax) throw wrong(`more than was asked for with ${id}`, body);
  checkParsed(parse(around), id, "");
}

function checkParsed(answer: Answer, id: number, expected: string): void {
  if (answer.id !== id)
    throw new WrongAnswer(`asked ${id}, answered ${JSON.stringify(answer).slice(0, 200)}`);
  if (answer.error !== undefined || answer.result?.isError === true)
    throw new CallFailed(JSON.stringify(answer).slice(0, 300));
  const { content } = answer.result ?? {};
  if (content?.length !== 1 || content[0]?.text !== expected)
    throw new WrongAnswer(`wrong content for ${id}: ${JSON.stringify(answer).slice(0, 300)}`);
}

export interface ListPage {
  readonly names: readonly string[];
  readonly nextCursor: string | undefined;
}

export function readList(body: Buffer, id: number): ListPage {
  const message = parse(body) as {
    id?: unknown;
    result?: { tools?: { name?: unknown }[]; nextCursor?: string };
  }; // Checked right here.
  if (message.id !== id) throw wrong(`asked ${id}`, body);
  if (!Array.isArray(message.result?.tools))
    throw new CallFailed(`no list: ${body.toString("latin1", 0, 300)}`);
  return {
    names: message.result.tools.map(({ name }) => String(name)),
    nextCursor: message.result.nextCursor,
  };
}

function parse(body: Buffer): Answer {
  try {
    return JSON.parse(body.toString()) as Answer; // Members are checked by the callers.
  } catch {
    throw wrong("not JSON", body);
  }
}

function wrong(why: string, body: Buffer): WrongAnswer {
  return new WrongAnswer(`${why}: ${body.length} bytes, ${body.toString("latin1", 0, 200)}`);
}
