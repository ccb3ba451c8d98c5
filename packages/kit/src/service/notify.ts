/**
 * Tells systemd that the start is over, how it goes, and, for its watchdog, that the event loop turns (sd_notify(3)).
 * Neither Bun nor its Node modules speak to a Unix socket of datagrams, so the C library is asked. Loaded only in a
 * process that systemd waits to hear from.
 */
import { dlopen, ptr } from "bun:ffi";
import { limits } from "../limits.ts";
import { isWatchedService, watchdogEveryMs } from "./environment.ts";

/** Of Linux on x64 and arm64: AF_UNIX; SOCK_DGRAM with SOCK_CLOEXEC; MSG_DONTWAIT with MSG_NOSIGNAL. */
const unixFamily = 1;
const datagramSocket = 2 | 0o2000000;
const neverWait = 0x40 | 0x4000;

/** The C library of glibc and of musl; the first that loads is used. */
const libraries = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];

export interface ServiceManager {
  /** @param describe one line for `systemctl status`; asked for again and again */
  started(describe: () => string): void;
  /** What `describe` gives may be another now. Changes come in bursts; one of each is told. */
  changed(): void;
  stopping(): void;
}

/** @returns undefined when nobody waits to hear from this process, or it has no way to speak */
export function openServiceManager(environment: NodeJS.ProcessEnv): ServiceManager | undefined {
  if (!isWatchedService(environment)) return undefined;
  const tell = openSocket(environment["NOTIFY_SOCKET"] ?? "");
  if (tell === undefined) return undefined;
  const watchdogMs = watchdogEveryMs(environment, process.pid) ?? Number.POSITIVE_INFINITY;
  let beat = (): void => {};
  let timer: ReturnType<typeof setInterval> | undefined;
  let burst: ReturnType<typeof setTimeout> | undefined;
  return {
    started(describe) {
      // All of it each time: a datagram may be lost when systemd is busy, and the next one makes good for it.
      beat = () => tell(`READY=1\nWATCHDOG=1\nSTATUS=${describe().replaceAll("\n", " ")}`);
      beat();
      timer = setInterval(beat, Math.min(watchdogMs, limits.serviceTellEveryMs));
      timer.unref();
    },
    changed() {
      burst ??= setTimeout(() => {
        burst = undefined;
        beat();
      }, limits.serviceTellCoalesceMs);
      burst.unref();
    },
    stopping() {
      beat = () => {};
      clearInterval(timer);
      tell("STOPPING=1\nSTATUS=Stopping");
    },
  };
}

/** @returns what sends one message, without waiting and without ever failing */
function openSocket(path: string): ((text: string) => void) | undefined {
  const libc = loadLibrary();
  const descriptor = libc?.socket(unixFamily, datagramSocket, 0) ?? -1;
  if (libc === undefined || descriptor < 0) return undefined;
  const address = socketAddress(path);
  return (text) => {
    const message = Buffer.from(text);
    libc.sendto(descriptor, ptr(message), message.length, neverWait, ptr(address), address.length);
  };
}

/** `struct sockaddr_un`: the family, then the path; an abstract one is written with @ and begins with a zero byte. */
export function socketAddress(path: string): Uint8Array {
  const name = Buffer.from(path);
  if (path.startsWith("@")) name[0] = 0;
  const end = path.startsWith("@") ? [] : [0];
  return Uint8Array.from([unixFamily, 0, ...name, ...end]);
}

function loadLibrary() {
  for (const library of libraries) {
    try {
      return dlopen(library, {
        socket: { args: ["i32", "i32", "i32"], returns: "i32" },
        sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i64" },
      }).symbols;
    } catch {
      // Not this library.
    }
  }
  return undefined;
}
