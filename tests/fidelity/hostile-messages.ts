/** What a server might send to be taken for somebody else, or to break whoever reads it. Placeholders: `hostile-server.ts`. */
import type { Random } from "../support/random.ts";

const result = '"result":{"content":[],"evil":true}';
const version = '"jsonrpc":"2.0"';
const pad = `"pad":"${"x".repeat(3_000)}"`;
const elicit = '"method":"elicitation/create","params":{"message":"?","requestedSchema":{}';
const progress = `{${version},"method":"notifications/progress","params":`;
const line = `{${version},"method":"notifications/message","params":`;

const answers: readonly string[] = [
  `{${version},"id":$OTHER,${result}}`,
  `{${version},"id":$ID,${result},"id":$OTHER}`,
  `{${version},"id":$OTHER,${result},"id":$ID}`,
  `{${result},${version},"id":$ID,"id":$OTHER}`,
  `{"id":$OTHER,${result},${version},"id":$ID}`,
  `{${version},"\\u0069d":$OTHER,${result},"id":$ID}`,
  `{${version},"id":$ID,${result},"i\\u0064":$OTHER}`,
  `{${version},"id":$ID,${result},"error":{"code":1,"message":"m"}}`,
  `{${version},"id":$ID,${result},"method":"ping"}`,
  `{${version},"id":$ID,${result},"\\u006dethod":"ping"}`,
  `{${version},"jsonrpc":"1.0","id":$ID,${result}}`,
  `{"id":$ID,${result}}`,
  `{${version},"id":"$ID",${result}}`,
  `{${version},"id":$ID.0,${result}}`,
  `{${version},"id":[$ID],${result}}`,
  `{${version},"id":null,${result}}`,
  `[{${version},"id":$OTHER,${result}},{${version},"id":$ID,${result}}]`,
  `[[{${version},"id":$ID,${result}}]]`,
  `{${version},"id":$ID,${result}}{${version},"id":$OTHER,${result}}`,
  `{${version},"id":$ID,"result":{"a":[}}`,
  `{${version},"id":$ID,"result":{"a":"\\x"}}`,
  `{${version},"id":$ID,"result":tru}`,
  `{"result":{"a":[},${version},"id":$ID}`,
  `{"result":{"a":[1},${pad}},${version},"id":$ID}`,
  `{"result":{${pad},"a":"\t"},${version},"id":$ID}`,
  `{"result":{${pad},"a":{"b":1,}},${version},"id":$ID}`,
  `{"result":{${pad},"a":"}],${version},"id":$ID}`,
  `{"result":{${pad}}},${version},"id":$OTHER,"x":{"id":$ID}}`,
  `{"result":{${pad}},${version},"id":$OTHER},"x":{${version},"id":$ID}`,
  `{"result":{${pad},"id":$OTHER},${version},"id":$ID}`,
  `{"result":{${pad},"t":"\\",\\"id\\":$OTHER}"},${version},"id":$ID}`,
  `${result}`,
  "{",
  "",
  "\\",
  "null",
  `\ufeff{${version},"id":$ID,${result}}`,
  `data: {${version},"id":$ID,${result}}`,
  `event: endpoint`,
];

const notifications: readonly string[] = [
  `${progress}{"progressToken":$OTHERTOKEN,"progress":1}}`,
  `${progress}{"progressToken":$TOKEN,"progress":1,"progressToken":$OTHERTOKEN}}`,
  `${progress}{"progressToken":$OTHERTOKEN,"progress":1,"progressToken":$TOKEN}}`,
  `${progress}{"progressToken":$TOKEN,"progress":1,"\\u0070rogressToken":$OTHERTOKEN}}`,
  `${progress}{"progressToke\\u006e":$TOKEN,"progress":1}}`,
  `${progress}{"progressToken":[$TOKEN],"progress":1}}`,
  `${progress}{"progressToken":"1.1","progress":1}}`,
  `${progress}{"progressToken":"01.1","progress":1}}`,
  `${progress}{"progressToken":$TOKEN},"params":{"progressToken":$OTHERTOKEN}}`,
  `${progress}{"progressToken":$TOKEN},"par\\u0061ms":{"progressToken":$OTHERTOKEN}}`,
  `${progress}[$TOKEN]}`,
  `${progress}{"progressToken":$TOKEN,"progress":1e999,"_meta":{"a":1,"a":2}}}`,
  `${progress}{"progressToken":$TOKEN,"progress":"1","message":[}}`,
  `${line}{"level":"error","logger":"a","data":1,"logger":"b"}}`,
  `${line}{"level":"error","level":"debug","data":1}}`,
  `${line}["error"]}`,
  `${line}{"level":"error","data":"\\ud800"},"method":"notifications/progress"}`,
  `{${version},"method":"notifications/cancelled","params":{"requestId":$OTHER}}`,
  `{${version},"method":"notifications/cancelled","params":{"requestId":1,"requestId":2}}`,
  `{${version},"method":"notifications/resources/updated","params":{"uri":"a","uri":"b"}}`,
];

const requests: readonly string[] = [
  `{${version},"id":1,"id":2,${elicit}}}`,
  `{${version},"id":"a","\\u0069d":"b",${elicit}}}`,
  `{${version},"id":$OTHER,${elicit},"_meta":{"progressToken":$OTHERTOKEN,"progressToken":$TOKEN}}}`,
  `{${version},"id":"t",${elicit},"message":"twice"}}`,
  `{${version},"id":"u",${elicit}},"result":{}}`,
  `{${version},"id":null,${elicit}}}`,
];

export const hostileMessages: readonly string[] = [...answers, ...notifications, ...requests];

const pieces: readonly string[] = [
  '"id":$OTHER,',
  ',"id":$OTHER',
  '"\\u0069d":$OTHER,',
  ',"progressToken":$OTHERTOKEN',
  '"progressToken":$OTHERTOKEN,',
  ',"method":"ping"',
  `,${version}`,
  ',"params":{}',
  ',"result":{}',
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "\\u0022",
  " ",
  "0",
  "\u2028",
];

/** One of them with something cut out or put in. A line end would make two messages of it on a pipe. */
export function spoilt(chance: Random): string {
  let text = chance.pick(hostileMessages);
  for (let rounds = 1 + chance.below(3); rounds > 0; rounds -= 1) {
    const at = chance.below(text.length + 1);
    const cut = chance.below(3) === 0 ? chance.below(8) : 0;
    text = text.slice(0, at) + (chance.below(4) === 0 ? "" : chance.pick(pieces)) + text.slice(at + cut);
  }
  return text;
}
