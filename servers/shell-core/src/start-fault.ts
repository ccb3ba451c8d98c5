/** Why a program could not be started, in words that say what to do. */
import { messageOf, systemCodeOf } from "@mcp-gateway/kit/errors";

export class StartFault extends Error {
  override readonly name: string = "StartFault";
}

export function startFaultOf(error: unknown, program: string): StartFault {
  return new StartFault(`${program} could not be started: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  switch (systemCodeOf(error)) {
    case "ENOENT":
      return "it, its interpreter or the working directory is not there (any more).";
    case "EACCES":
      return "permission denied. Check the permissions of the program and of the working directory.";
    case "E2BIG":
      return "the command and its environment are too long together. Put the command into a file and run that, or pass less in `env`.";
    case "EAGAIN":
    case "EMFILE":
    case "ENFILE":
    case "ENOMEM":
      return "the system is out of processes, files or memory. Try again when other programs have ended.";
    default:
      return messageOf(error);
  }
}
