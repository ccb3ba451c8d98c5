/** Prints its arguments as one line of JSON that is ASCII, so that no code page can change it. */
const json = JSON.stringify(process.argv.slice(2));
process.stdout.write(
  `${json.replace(/[^\x20-\x7e]/gu, (unit) =>
    Array.from(
      { length: unit.length },
      (_, at) => `\\u${unit.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  )}\n`,
);
