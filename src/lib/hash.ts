import { hash } from "node:crypto";

/** SHA-256 of a text's UTF-8 bytes, or of bytes, in lower-case hex. */
export function sha256Hex(input: string | Uint8Array): string {
  return hash("sha256", input, "hex");
}

/** SHA-256 of a text's UTF-8 bytes, or of bytes. */
export function sha256(input: string | Uint8Array): Buffer {
  return hash("sha256", input, "buffer");
}
