/** Several processes that start at once, as workers do, agree on one token. */
import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { repositoryDirectory } from "../../support/repository.ts";
import { tempDir } from "../../support/temp-dir.ts";

const files = 200;
const processes = 4;

test("a token file is never seen empty, and is the same for all", async () => {
  using directory = tempDir("tokens");
  const script = `
    import { ensureTokenFile } from ${JSON.stringify(join(repositoryDirectory, "packages/contract/src/address.ts"))};
    process.stdout.write("here\\n");
    for await (const _ of Bun.stdin.stream()) break;
    const read = () => ensureTokenFile(process.argv[1], process.argv[1] + "/" + at);
    const tokens = [];
    let at = 0;
    for (; at < ${files}; at += 1) tokens.push(read());
    process.stdout.write(JSON.stringify(tokens));
  `;
  const children = Array.from({ length: processes }, () =>
    Bun.spawn([process.execPath, "-e", script, join(directory.path, "state")], {
      stdin: "pipe",
      stdout: "pipe",
    }),
  );
  const readers = children.map(({ stdout }) => stdout.getReader());
  for (const reader of readers) await reader.read();
  for (const { stdin } of children) {
    stdin.write("go\n");
    await stdin.end();
  }
  const said = await Promise.all(
    readers.map(async (reader) => {
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read())
        text += new TextDecoder().decode(part.value);
      return JSON.parse(text) as string[]; // As the script wrote it.
    }),
  );
  for (const tokens of said) expect(tokens).toEqual(said[0] ?? []);
  expect(new Set(said[0]).size).toBe(files);
  for (const token of said[0] ?? []) expect(token).toHaveLength(43);
  const left = readdirSync(join(directory.path, "state"));
  expect(left).toHaveLength(files);
  for (const name of left) expect(statSync(join(directory.path, "state", name)).mode & 0o777).toBe(0o600);
});
