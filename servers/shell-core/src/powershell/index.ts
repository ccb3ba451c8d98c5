export { plainErrors } from "./clixml.ts";
export { findPowerShell, inheritedBy, installPowerShell, powerShellChoices } from "./find-powershell.ts";
export { type MarkedOutput, readMarkedOutput } from "./marked-output.ts";
export {
  asciiJson,
  encodedCharactersMax,
  encodedCommand,
  newMark,
  powerShellArguments,
  prologue,
  textExpression,
} from "./script.ts";
