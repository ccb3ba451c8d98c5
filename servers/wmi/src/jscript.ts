/** The query as a script for cscript.exe: WMI's scripting objects, and one line of JSON for each row. */
import type { Query } from "./query.ts";

/** JScript 5.8 is ECMAScript 3, in which a string of ASCII with JSON's escapes is a string literal. */
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Where the properties of a row can't be walked through, their names are read off its text form. Not every
 * implementation has every member, hence the many `try`. Where no row came, the class is asked for by itself,
 * because a class that does not exist is not everywhere an error of the query.
 */
export function jscriptQuery(query: Query, mark: string): string {
  return `var mark = ${literal(mark)};
var wanted = [${(query.properties ?? []).map(literal).join(", ")}];
function say(what) { WScript.Echo(mark + " " + what); }
function quoted(text) {
  var out = "", i, code;
  text = String(text);
  for (i = 0; i < text.length; i++) {
    code = text.charCodeAt(i);
    if (code < 32 || code > 126 || code == 34 || code == 92) out += "\\\\u" + ("0000" + code.toString(16)).slice(-4);
    else out += text.charAt(i);
  }
  return '"' + out + '"';
}
function listed(values) {
  var out = [], i;
  for (i = 0; i < values.length; i++) out.push(json(values[i]));
  return "[" + out.join(",") + "]";
}
function json(value) {
  if (value === null || typeof value == "undefined") return "null";
  if (typeof value == "boolean") return String(value);
  if (typeof value == "number") return isFinite(value) ? String(value) : "null";
  if (typeof value == "string") return quoted(value);
  try { return listed(new VBArray(value).toArray()); } catch (notAnArray) { }
  try { return quoted(value.GetObjectText_(0)); } catch (notAnObject) { }
  return quoted(value);
}
function namesOf(row) {
  var names = [], walk, text, lines, i, found;
  try {
    for (walk = new Enumerator(row.Properties_); !walk.atEnd(); walk.moveNext()) names.push(walk.item().Name);
    return names;
  } catch (cannotBeWalked) { names = []; }
  lines = String(row.GetObjectText_(0)).split("\\n");
  for (i = 0; i < lines.length; i++) {
    found = /^\\t(\\w+) = /.exec(lines[i]);
    if (found) names.push(found[1]);
  }
  return names;
}
function valueOf(row, name) {
  try { return row.Properties_.Item(name).Value; } catch (noSuchProperty) { return null; }
}
function tell(row) {
  var names = wanted.length > 0 ? wanted : namesOf(row), out = [], i;
  for (i = 0; i < names.length; i++) out.push(quoted(names[i]) + ":" + json(valueOf(row, names[i])));
  say("row {" + out.join(",") + "}");
}
function run() {
  var services, rows, walk, count = 0;
  services = new ActiveXObject("WbemScripting.SWbemLocator").ConnectServer(".", ${literal(query.namespace)});
  rows = services.ExecQuery(${literal(query.wql)});
  for (walk = new Enumerator(rows); !walk.atEnd() && count < ${query.limit + 1}; walk.moveNext()) {
    tell(walk.item());
    count++;
  }
  if (count === 0) services.Get(${literal(query.wmiClass)});
  say("end");
}
say(ScriptEngineMajorVersion() + "." + ScriptEngineMinorVersion() + " 0");
try { run(); } catch (fault) {
  say("fault {" + '"number":' + (fault.number | 0) + ',"message":' + quoted(fault.description || "") + "}");
  WScript.Quit(1);
}
`;
}
