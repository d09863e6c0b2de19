/** A line between a process under test and its database, which breaks at the statement that a test chooses, or is slow. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * What becomes of a statement. `lost`: the line breaks before the server has it. `unanswered`: the server has done it, and the line
 * breaks before anybody hears so.
 */
export type Fate = "passes" | "lost" | "unanswered";

/** Decides about each statement of a new connection, by its text. */
export type Judge = () => (sql: string) => Fate;

/** How a line behaves. */
export interface LineOptions {
  readonly judge?: Judge | undefined;
  /** How long each statement is under way, ms. */
  readonly delayMs?: number;
  /** True: when it breaks once it is gone for good, as the line of a process that was killed. */
  readonly diesAtOnce?: boolean;
  /** What else breaks, just before the line does. */
  readonly onBreak?: () => void;
}

/** A line that is laid. */
export interface DatabaseLine extends AsyncDisposable {
  /** For a pool. */
  readonly url: string;
  /** How often it broke. */
  readonly breaks: () => number;
  /** Resolves once it is gone for good. */
  readonly gone: Promise<void>;
}

/** Lays a line to the database that a URL names. */
export async function layLine(url: string, options: LineOptions = {}): Promise<DatabaseLine> {
  const far = addressOf(url);
  const { promise: gone, resolve: tellGone } = Promise.withResolvers<void>();
  const ends = new Set<Socket>();
  let breaks = 0;
  const cutAll = (): void => {
    for (const end of ends) end.destroy();
  };
  const server = createServer((near) => {
    const to = connect(far);
    for (const end of [near, to]) {
      ends.add(end);
      end.on("error", () => undefined).on("close", () => ends.delete(end));
    }
    const cut = (): void => {
      near.destroy();
      to.destroy();
    };
    near.on("close", cut);
    to.on("close", cut);
    const broken = (): void => {
      breaks += 1;
      options.onBreak?.();
      if (options.diesAtOnce !== true) return cut();
      server.close();
      cutAll();
      tellGone();
    };
    carry({ near, to, broken, ...options });
  });
  const port = await listening(server);
  const own = new URL(url);
  return {
    url: `postgresql://${own.username}:${own.password}@127.0.0.1:${port}${own.pathname}`,
    breaks: () => breaks,
    gone,
    [Symbol.asyncDispose]: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function addressOf(url: string): { path: string } | { host: string; port: number } {
  const { hostname, port } = new URL(url);
  const host = decodeURIComponent(hostname);
  const number = Number(port === "" ? 5432 : port);
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${number}` } : { host, port: number };
}

type Carried = LineOptions & {
  readonly near: Socket;
  readonly to: Socket;
  readonly broken: () => void;
};

/** Passes on what both ends say; statements one by one, as the protocol frames them (PostgreSQL 18, 54.2 and 54.7). */
function carry({ near, to, broken, judge, delayMs = 0 }: Carried): void {
  const fateOf = judge?.();
  const statements = new Statements();
  let isMute = false;
  near.on("data", (bytes) => {
    for (const { sql, frame } of statements.take(bytes)) {
      const fate = sql === undefined ? "passes" : (fateOf?.(sql) ?? "passes");
      if (fate === "lost") return broken();
      isMute = fate === "unanswered";
      if (sql === undefined || delayMs === 0) to.write(frame);
      else setTimeout(() => to.write(frame), delayMs);
    }
  });
  to.on("data", (bytes) => {
    if (!isMute) near.write(bytes);
    else if (isReady(bytes)) broken();
  });
}

/** Whether an answer is over: ReadyForQuery is the last frame of it, and six bytes long. */
function isReady(bytes: Buffer): boolean {
  return bytes.length >= 6 && bytes.at(-6) === 0x5a && bytes.readInt32BE(bytes.length - 5) === 5;
}

type Framed = { readonly sql: string | undefined; readonly frame: Buffer };

/** What a client sends, cut into frames; `sql` where a frame makes the server run a statement. */
class Statements {
  #rest: Buffer = Buffer.alloc(0);
  #isStarted = false;
  #parsed: string | undefined;

  *take(bytes: Buffer): Generator<Framed> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      // The first message has no type.
      const head = this.#isStarted ? 1 : 0;
      if (this.#rest.length < head + 4) return;
      const length = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < length) return;
      const frame = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      yield { sql: this.#isStarted ? this.#sqlOf(frame) : undefined, frame };
      this.#isStarted = true;
    }
  }

  /** A statement with parameters comes in parts, which the server runs when Sync ends them; so does the data of a COPY with CopyDone. */
  #sqlOf(frame: Buffer): string | undefined {
    const type = String.fromCharCode(frame[0] ?? 0);
    if (type === "Q") return frame.toString("utf8", 5, frame.length - 1);
    if (type === "c") return "copy done";
    if (type === "P") this.#parsed = frame.toString("utf8", frame.indexOf(0, 5) + 1).split("\0")[0];
    if (type !== "S") return undefined;
    const sql = this.#parsed;
    this.#parsed = undefined;
    return sql;
  }
}
