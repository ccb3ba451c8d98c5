/**
 * The few functions of Windows that have no other door: the whole exit code (Bun keeps its lowest eight bits),
 * job objects, which know every process of a command, and the code pages of the system.
 */
import { dlopen } from "bun:ffi";
import { utf8CodePage } from "./code-page.ts";

/** Win32 constants, by their own names. */
const PROCESS_TERMINATE = 0x0001;
const PROCESS_SET_QUOTA = 0x0100;
const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const JobObjectBasicAccountingInformation = 1;
const JobObjectExtendedLimitInformation = 9;
const JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;

/** JOBOBJECT_EXTENDED_LIMIT_INFORMATION on 64 bits, and where LimitFlags is in it. */
const limitInformationBytes = 144;
const limitFlagsAt = 16;
/** JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, and where ActiveProcesses is in it. */
const accountingBytes = 48;
const activeProcessesAt = 40;

export interface WindowsProcess {
  /** Once it has ended. As cmd and PowerShell show it: 32 bits with a sign. */
  exitCode(): number | undefined;
  /** How many processes of the job run; undefined when the system refused to make one. */
  activeProcesses(): number | undefined;
  /** Ends every process of the job. */
  terminate(): void;
  /** Forgets it. What still runs in the job lives until this process ends, and no longer. */
  close(): void;
}

type Kernel = ReturnType<typeof load>;
let loaded: Kernel | null | undefined;

/** @returns undefined where it can't be had; the caller then does with less */
export function openWindowsProcess(pid: number): WindowsProcess | undefined {
  const kernel = kernelOrNull();
  if (kernel === null) return undefined;
  const access = PROCESS_TERMINATE | PROCESS_SET_QUOTA | PROCESS_QUERY_LIMITED_INFORMATION;
  const handle = kernel.OpenProcess(access, 0, pid);
  if (handle === 0n) return undefined;
  const job = jobAround(kernel, handle);
  return {
    exitCode: () => exitCodeOf(kernel, handle),
    activeProcesses: () => (job === undefined ? undefined : activeIn(kernel, job)),
    terminate: () => {
      if (job !== undefined) kernel.TerminateJobObject(job, 1);
    },
    close: () => {
      kernel.CloseHandle(handle);
      if (job !== undefined && activeIn(kernel, job) === 0) kernel.CloseHandle(job);
    },
  };
}

export interface SystemCodePages {
  /** Of consoles. */
  readonly oem: number;
  /** Of programs without a console. */
  readonly ansi: number;
}

export function systemCodePages(): SystemCodePages {
  const kernel = kernelOrNull();
  return kernel === null
    ? { oem: utf8CodePage, ansi: utf8CodePage }
    : { oem: kernel.GetOEMCP(), ansi: kernel.GetACP() };
}

function jobAround(kernel: Kernel, handle: bigint): bigint | undefined {
  const job = kernel.CreateJobObjectW(null, null);
  const information = new DataView(new ArrayBuffer(limitInformationBytes));
  information.setUint32(limitFlagsAt, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, true);
  const bytes = new Uint8Array(information.buffer);
  kernel.SetInformationJobObject(job, JobObjectExtendedLimitInformation, bytes, bytes.length);
  if (kernel.AssignProcessToJobObject(job, handle) !== 0) return job;
  kernel.CloseHandle(job);
  return undefined;
}

function activeIn(kernel: Kernel, job: bigint): number {
  const bytes = new Uint8Array(accountingBytes);
  const known = kernel.QueryInformationJobObject(
    job,
    JobObjectBasicAccountingInformation,
    bytes,
    bytes.length,
    null,
  );
  return known === 0 ? 0 : new DataView(bytes.buffer).getUint32(activeProcessesAt, true);
}

function exitCodeOf(kernel: Kernel, handle: bigint): number | undefined {
  const code = new Int32Array(1);
  if (kernel.GetExitCodeProcess(handle, code) === 0) return undefined;
  return code[0];
}

function kernelOrNull(): Kernel | null {
  try {
    loaded ??= process.platform === "win32" ? load() : null;
  } catch {
    loaded = null; // Bun has no FFI on this processor; exit codes and trees then come the ordinary way.
  }
  return loaded;
}

function load() {
  return dlopen("kernel32.dll", {
    OpenProcess: { args: ["u32", "i32", "u32"], returns: "u64" },
    GetExitCodeProcess: { args: ["u64", "ptr"], returns: "i32" },
    CreateJobObjectW: { args: ["ptr", "ptr"], returns: "u64" },
    SetInformationJobObject: { args: ["u64", "i32", "ptr", "u32"], returns: "i32" },
    QueryInformationJobObject: { args: ["u64", "i32", "ptr", "u32", "ptr"], returns: "i32" },
    AssignProcessToJobObject: { args: ["u64", "u64"], returns: "i32" },
    TerminateJobObject: { args: ["u64", "u32"], returns: "i32" },
    CloseHandle: { args: ["u64"], returns: "i32" },
    GetACP: { args: [], returns: "u32" },
    GetOEMCP: { args: [], returns: "u32" },
  }).symbols;
}
