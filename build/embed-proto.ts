import { readFile } from "node:fs/promises";

// oxlint-disable-next-line no-restricted-imports -- reads the contract at build time; nothing is spoken over it here
import protobuf from "protobufjs";

const PROTO = new URL("../proto/monitoring.proto", import.meta.url);
const GENERATED = "src/wire/monitoring.gen.ts";

/**
 * The wire contract as a TypeScript module: `path` from the root of the repository, and its text. A module,
 * because neither a .proto nor a JSON file can be imported alike by Node, Deno and the bundler, and so that no
 * executable parses a .proto when it starts.
 */
export async function embedProto(): Promise<{ path: string; text: string }> {
  const source = await readFile(PROTO, "utf8");
  const { root } = protobuf.parse(source, { keepCase: false });
  const descriptor = JSON.stringify(root.toJSON(), null, 1);
  return { path: GENERATED, text: moduleOf(descriptor) };
}

function moduleOf(descriptor: string): string {
  return `// Generated from proto/monitoring.proto by build/embed-proto.ts; do not edit.

/** The messages and the service of proto/monitoring.proto as protobufjs's Root.fromJSON takes them, fields in camelCase. */
export const MONITORING: object = ${descriptor};
`;
}
