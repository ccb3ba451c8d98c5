/** Which session a POST of HTTP+SSE names. */
import { expect, test } from "bun:test";
import { postedSessionId } from "../../../../apps/gateway/src/sessions/posted-session-id.ts";

test.each([
  ["?sessionId=aZ0_-x", "aZ0_-x"],
  ["?sessionId=2.aZ0_-x", "2.aZ0_-x"],
  ["?session_id=abc", "abc"],
  ["?other=1&sessionId=abc", "abc"],
  ["?sessionId=abc&other=1", "abc"],
  ["?sessionId=a%62c", "abc"],
  ["?sessionId=a+b", "a b"],
  ["?sessionId=a&sessionId=b", "a"],
  ["?sessionId=", ""],
  ["?sessionId", ""],
  ["?sessionid=abc", undefined],
  ["?xsessionId=abc", undefined],
  ["", undefined],
])("%p names %p", (search, id) => {
  expect(postedSessionId(search)).toBe(id as string | undefined);
});
