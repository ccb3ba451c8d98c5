/** A Windows that speaks Chinese: its own messages are in GBK unless the console is told otherwise. */
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
    name: "GBK of a program that ignores the console is decoded by the system's code page",
    run: async () => {
      await using server = await ServerClient.open("cmd");
      const program = `"${process.execPath}" -e "process.stdout.write(Buffer.from('c4e3bac30d0a','hex'))"`;
      equal((await server.call({ command: program })).structured["stdout"], "你好\r\n");
    },
  },
];
