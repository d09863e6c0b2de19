/** Protobuf wire format by hand (protobuf.dev/programming-guides/encoding), so that tests do not trust the encoder under test. */

/** One field: its number, its wire type, and its value as it stands on the wire. */
export function field(number: number, wireType: number, value: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt((number << 3) | wireType)), value]);
}

/** An int32, int64 or bool. */
export function numberField(number: number, value: number | bigint): Buffer {
  return field(number, 0, varint(BigInt(value)));
}

/** A string or bytes. */
export function bytesField(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value as string);
  return field(number, 2, Buffer.concat([varint(BigInt(bytes.length)), bytes]));
}

/** A message within a message, or a map's entry. */
export function nested(number: number, ...fields: readonly Uint8Array[]): Buffer {
  return bytesField(number, Buffer.concat(fields));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) return Buffer.from([...bytes, low]);
    bytes.push(low | 0x80);
  }
}
