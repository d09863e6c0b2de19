import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A line between an agent and its gateway that breaks. */
export interface Cable extends AsyncDisposable {
  /** "host:port" for the agent to dial. */
  readonly address: string;
  /** How often it has broken. */
  readonly cuts: () => number;
}

/** Lays a line to an address; it breaks whenever so many more bytes have gone towards it, up to `cutsMax` times. */
export async function layCable(
  to: string,
  { everyBytes, cutsMax }: { readonly everyBytes: number; readonly cutsMax: number },
): Promise<Cable> {
  const [host = "", port = ""] = to.split(":");
  const open = new Set<Socket>();
  let passed = 0;
  let cuts = 0;
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    far.pipe(near);
    near.pipe(far);
    near.on("data", (bytes) => {
      passed += bytes.length;
      if (cuts === cutsMax || passed < everyBytes * (cuts + 1)) return;
      cuts += 1;
      cut();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
