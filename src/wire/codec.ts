import protobuf from "protobufjs/light.js";

import type { Draft } from "./messages.ts";
import { MONITORING } from "./monitoring.gen.ts";

/** Bytes of one kind of message, and back. */
export interface Codec<Message> {
  readonly encode: (draft: Draft<Message>) => Buffer;
  /** Throws on bytes that are no such message. Unknown fields are skipped. */
  readonly decode: (bytes: Buffer) => Message;
}

/** No `bytes` option: bytes then stay the views into the received buffer that the reader made. */
const DECODED = { longs: Number, defaults: true, arrays: true, objects: true } as const;

let root: protobuf.Root | undefined;

/** Reading the descriptor takes some milliseconds, so it waits until the first message. */
function contract(): protobuf.Root {
  root ??= protobuf.Root.fromJSON(MONITORING);
  return root;
}

/** The codec of a message of package `monitoring`. Nothing is looked up before its first use. */
export function codec<Message>(name: string): Codec<Message> {
  let known: protobuf.Type | undefined;
  const type = (): protobuf.Type => (known ??= contract().lookupType(`monitoring.${name}`));
  return {
    // A plain object with the right members is all the encoder looks at; fromObject would copy it first.
    encode: (draft) => type().encode(draft).finish() as Buffer,
    decode: (bytes) => type().toObject(type().decode(bytes), DECODED) as Message,
  };
}
