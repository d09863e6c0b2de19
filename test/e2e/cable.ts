import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A line between an agent and its gateway that breaks. */
export interface Cable extends AsyncDisposable {
  /** "host:port" for the agent to dial. */
  readonly address: string;
  /** How often it has broken by itself. */
  readonly cuts: () => number;
  /** Breaks it now; it is whole again at once. */
  readonly cut: () => void;
  /** Holds back what both ends say, who do not notice, or lets it go on. */
  readonly hold: (isHeld: boolean) => void;
}

/** When a line breaks by itself: whenever so many more bytes have gone towards its end, up to `cutsMax` times. */
interface Breaking {
  readonly everyBytes: number;
  readonly cutsMax: number;
}

/** Lays a line to an address. */
export async function layCable(
  to: string,
  { everyBytes, cutsMax }: Breaking = { everyBytes: 0, cutsMax: 0 },
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
    cut,
    hold: (isHeld) => {
      for (const socket of open) socket[isHeld ? "pause" : "resume"]();
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}
