/** The end of systemd's that services speak to: a Unix socket of datagrams, bound by the C library, since Bun has none. */
import { dlopen, ptr } from "bun:ffi";
import { socketAddress } from "../../packages/kit/src/service/notify.ts";

const [unixFamily, datagramSocket, dontWait] = [1, 2, 0x40];

export interface DatagramSocket extends Disposable {
  /** The next message; undefined when none waits. */
  read(): string | undefined;
}

export function bindDatagramSocket(path: string): DatagramSocket {
  const libc = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    close: { args: ["i32"], returns: "i32" },
  });
  const { socket, bind, recv, close } = libc.symbols;
  const descriptor = socket(unixFamily, datagramSocket, 0);
  const address = socketAddress(path);
  if (bind(descriptor, ptr(address), address.length) !== 0) throw new Error(`${path} can't be bound`);
  const buffer = new Uint8Array(4_096);
  return {
    read: () => {
      const length = Number(recv(descriptor, ptr(buffer), buffer.length, dontWait));
      return length < 0 ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
    },
    [Symbol.dispose]: () => {
      close(descriptor);
      libc.close();
    },
  };
}
