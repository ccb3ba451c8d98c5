/** A command server's own command line. */
import { describe, expect, test } from "bun:test";
import { readSettings } from "../../../servers/shell-core/src/index.ts";

describe("settings", () => {
  test("have defaults", () => {
    expect(readSettings([])).toEqual({
      isValid: true,
      settings: { timeoutMs: 120_000, timeoutMsMax: 3_600_000, outputBytesMax: 204_800, callsMax: 16 },
    });
  });

  test("are taken from the command line in both spellings", () => {
    const read = readSettings([
      "--timeout-ms",
      "5",
      "--timeout-ms-max=7",
      "--output-bytes=4096",
      "--calls",
      "2",
    ]);
    expect(read.isValid && read.settings).toEqual({
      timeoutMs: 5,
      timeoutMsMax: 7,
      outputBytesMax: 4096,
      callsMax: 2,
    });
  });

  test("let a low bound lower the default time", () => {
    const read = readSettings(["--timeout-ms-max", "1000"]);
    expect(read.isValid && read.settings.timeoutMs).toBe(1_000);
  });

  test("that are wrong are refused", () => {
    const wrong = [
      "--calls=0",
      "--calls=x",
      "--calls",
      "--output-bytes=-5",
      "--nope",
      "word",
      "--timeout-ms=1e3",
    ];
    for (const argument of wrong) expect(readSettings([argument]).isValid).toBe(false);
    expect(readSettings(["--timeout-ms=9", "--timeout-ms-max=8"])).toMatchObject({
      faults: ["--timeout-ms (9) is greater than --timeout-ms-max (8)."],
    });
  });
});
