/** Serves the files of a folder by HTTP on a port of this host: `node file-server.ts FOLDER`. Prints its address as JSON. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";

const folder = process.argv[2] ?? "";

const server = createServer((request, response) => {
  readFile(join(folder, normalize(request.url ?? "/"))).then(
    (bytes) => response.end(bytes),
    () => response.writeHead(404).end(),
  );
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
