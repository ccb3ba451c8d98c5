/** Durations, sizes and counts, short enough for a table. */

/** `4s`, `12m`, `3h05m`, `2d4h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60)
    return minutes < 10 && seconds % 60 !== 0 ? `${minutes}m${two(seconds % 60)}s` : `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${two(minutes % 60)}m`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
}

/** `84 MB`; memory is counted as the system's own tools count it. */
export function megabytes(bytes: number): string {
  const value = bytes / (1024 * 1024);
  return value < 1024 ? `${Math.round(value)} MB` : `${(value / 1024).toFixed(1)} GB`;
}

/** `1,234`, and from 100,000 on `123k`, `4.5M`. */
export function count(value: number): string {
  if (value < 100_000) return value.toLocaleString("en-US");
  return value < 1_000_000 ? `${Math.floor(value / 1000)}k` : `${(value / 1_000_000).toFixed(1)}M`;
}

/** `1 server`, `2 servers`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
