/** Brings a peer onto this machine when it is asked for: exact versions, in its own folder under `bench/peers`. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

export interface PeerInstall {
  readonly from: "npm" | "PyPI" | "Cargo";
  /** @throws Error that says why the peer cannot be had here */
  ensure(): void;
}

const peersDirectory = join(import.meta.dir, "../peers");

export function nodePackage(name: string): PeerInstall {
  const directory = join(peersDirectory, name);
  return {
    from: "npm",
    ensure: () => {
      if (existsSync(join(directory, "node_modules", name))) return;
      run([process.execPath, "install", "--frozen-lockfile", "--ignore-scripts"], directory);
    },
  };
}

export function pythonPackages(name: string): PeerInstall {
  const directory = join(peersDirectory, name);
  return {
    from: "PyPI",
    ensure: () => {
      if (existsSync(join(directory, "venv/installed"))) return;
      run(["python3", "-m", "venv", "venv"], directory);
      run(
        [
          "venv/bin/pip",
          "install",
          "--quiet",
          "--no-deps",
          "--disable-pip-version-check",
          "-r",
          "requirements.txt",
        ],
        directory,
      );
      run(["touch", "venv/installed"], directory);
    },
  };
}

export function cargoProgram(name: string, crate: string, version: string): PeerInstall {
  const directory = join(peersDirectory, name);
  return {
    from: "Cargo",
    ensure: () => {
      if (existsSync(join(directory, "cargo/bin", crate))) return;
      mkdirSync(directory, { recursive: true });
      run(["cargo", "install", "--locked", "--root", "cargo", `${crate}@${version}`], directory);
    },
  };
}

function run(command: readonly string[], directory: string): void {
  let result: { success: boolean; stderr: Buffer };
  try {
    result = Bun.spawnSync([...command], {
      cwd: directory,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
  } catch {
    throw new Error(`${command[0] ?? ""} is not on this machine`);
  }
  if (result.success) return;
  const lines = result.stderr.toString().trim().split("\n");
  throw new Error(`${command.slice(0, 3).join(" ")} failed: ${lines.slice(-2).join(" | ").slice(0, 300)}`);
}
