import { err, ok, type Result } from "./result.ts";

const FACTOR: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
};
const SIZE = /^(\d+(?:\.\d+)?)\s*([kmg]?)(?:i?b)?$/i;

/** Bytes of a size such as "8MB", "512K", "1GiB" or "4194304". Suffixes are powers of 1024, as upstream. */
export function parseBytes(text: string): Result<number> {
  const match = SIZE.exec(text.trim());
  const factor = FACTOR[(match?.[2] ?? "").toLowerCase()];
  if (match === null || factor === undefined) return err(`"${text}" is not a size such as "8MB"`);
  return ok(Math.floor(Number(match[1]) * factor));
}

/** A size for people: 3145728 is "3.0 MB". */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${size.toFixed(1)} ${units[unit]}`;
}
