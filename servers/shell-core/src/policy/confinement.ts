/**
 * Another user, and a file system that can't be written: both are the kernel's doing, reached by way of
 * util-linux's `setpriv` and `unshare`. Each replaces itself by the next, so the process number stays.
 */

import type { ShellPolicy } from "./policy.ts";
import { readOnlyScript } from "./read-only-script.ts";

/** What could undo a read-only file system: mounting, raw devices, memory of other processes, the kernel itself. */
const dangerous = "sys_admin,sys_rawio,sys_module,sys_boot,sys_ptrace,mknod,bpf,perfmon,checkpoint_restore";

export interface Confining {
  readonly isRoot: boolean;
  /** Paths of the two programs. */
  readonly setpriv: string;
  readonly unshare: string;
}

/** Looked up when first needed: without such a policy nothing of it must be there. */
export function confining(): Confining {
  const path = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin";
  return {
    isRoot: process.getuid?.() === 0,
    setpriv: Bun.which("setpriv", { PATH: path }) ?? "",
    unshare: Bun.which("unshare", { PATH: path }) ?? "",
  };
}

export function isConfined({ user, isReadOnly }: ShellPolicy): boolean {
  return user !== undefined || isReadOnly;
}

type Arguments = readonly [program: string, ...rest: readonly string[]];

export function confinedArguments(policy: ShellPolicy, argv: Arguments, by: Confining): Arguments {
  if (!isConfined(policy)) return argv;
  const privileged: Arguments = [by.setpriv, ...privileges(policy, by.isRoot), "--", ...argv];
  if (!policy.isReadOnly) return privileged;
  return [
    by.unshare,
    // Without root's rights a user namespace gives the right to mount, and only inside of itself.
    ...(by.isRoot ? [] : ["--user", "--map-root-user"]),
    "--mount",
    "--propagation",
    "private",
    "--",
    "/bin/sh",
    "-c",
    readOnlyScript,
    "read-only",
    String(policy.writable.length),
    ...policy.writable,
    ...privileged,
  ];
}

function privileges({ user }: ShellPolicy, isRoot: boolean): readonly string[] {
  if (user !== undefined)
    return [
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      "--init-groups",
      "--no-new-privs",
      "--inh-caps=-all",
      "--ambient-caps=-all",
      "--bounding-set=-all",
    ];
  const dropped = isRoot ? dangerous.replaceAll(/[^,]+/gu, "-$&") : "-all";
  return ["--no-new-privs", `--inh-caps=${dropped}`, "--ambient-caps=-all", `--bounding-set=${dropped}`];
}

/** Variables that say who one is, and where a read-only program may still write. */
export function confinedEnvironment(
  { user, isReadOnly }: ShellPolicy,
  given: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const about: Record<string, string> = {
    ...(user === undefined
      ? {}
      : { HOME: user.home, USER: user.name, LOGNAME: user.name, SHELL: user.shell }),
    ...(isReadOnly ? { TMPDIR: "/dev/shm" } : {}),
  };
  const replaced = Object.entries(about).filter(
    ([name]) => given[name] === undefined || given[name] === own[name],
  );
  return { ...given, ...Object.fromEntries(replaced) };
}
