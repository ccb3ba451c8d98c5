/** A Windows that speaks Chinese: its own messages are in GBK unless the console is told otherwise. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "../../support/temp-dir.ts";
import { type Check, equal, holds } from "./check.ts";
import { ServerClient } from "./server-client.ts";

export const localizedChecks: readonly Check[] = [
  {
    name: "cmd.exe's own messages are readable in UTF-8 and in GBK",
    run: async () => {
      await using server = await ServerClient.open("cmd");
      for (const codePage of [65001, 936]) {
        const answer = await server.call({ command: "type no-such-file.txt", codePage });
        const said = String(answer.structured["stderr"] ?? answer.text);
        holds(/[\u4e00-\u9fff]{4}/u.test(said) && !said.includes("\ufffd"), `code page ${codePage}: ${said}`);
      }
    },
  },
  {
    name: "a batch file is written in the console's code page",
    run: async () => {
      await using server = await ServerClient.open("cmd");
      const answer = await server.call({ command: "set X=你好，镕\necho %X%", codePage: 936 });
      equal(answer.structured["stdout"], "你好，镕\r\n");
      const refused = await server.call({ command: "echo 😀\necho x", codePage: 936 });
      holds(refused.isError && refused.text.includes("code page 936 does not have"), refused.text);
    },
  },
  {
    name: "long output in GBK is cut between characters",
    run: async () => {
      using folder = tempDir("gbk");
      // 29 bytes a line, and 4 at the end: so both cuts (102,400 bytes from either end) go through a character.
      const line = Buffer.from("b5b1c7b0b4fac2ebd2b3b5b1c7b0b4fac2ebd2b3c4e3bac37878780d0a", "hex");
      const lines = Array.from({ length: 20_001 }, () => line);
      writeFileSync(join(folder.path, "big.txt"), Buffer.concat([...lines, Buffer.from("xxxx")]));
      await using server = await ServerClient.open("cmd");
      // Not `type`, which cuts characters by itself.
      const program = `"${process.execPath}" "${join(import.meta.dir, "print-bytes.ts")}" big.txt`;
      const answer = await server.call({ command: program, cwd: folder.path });
      const said = String(answer.structured["stdout"]);
      equal(answer.structured["truncated"], true, "truncated");
      const strange = said
        .replace(/\[\.\.\. \d+ bytes cut \.\.\.\]/u, "")
        .replace(/[当前代码页你好x\r\n]/gu, "");
      equal(strange, "", "characters that were never written");
    },
  },
  {
    name: "GBK of a program that ignores the console is decoded by the system's code page",
    run: async () => {
      await using server = await ServerClient.open("cmd");
      const program = `"${process.execPath}" -e "process.stdout.write(Buffer.from('c4e3bac30d0a','hex'))"`;
      equal((await server.call({ command: program })).structured["stdout"], "你好\r\n");
    },
  },
];
