import { totalmem } from "node:os";

/** What the embedded server may spend, and whether it may lose what it acknowledged. */
export type ServerOptions = {
  readonly socketDir: string;
  /** PostgreSQL's page cache; default RAM / 8, at most 1 GB. */
  readonly sharedBuffersBytes?: number | undefined;
  /** For tests only: no fsync, so a power cut loses committed rows. A killed process still loses nothing. */
  readonly unsafeNoFsync?: boolean | undefined;
};

/** The measured loads ran with 1 GB; above it the operating system's own cache does as well. */
const SHARED_BUFFERS_MAX_BYTES = 1024 ** 3;
/** Below it even a small inventory's indexes leave the cache at once; an eighth of a 256 MB container. */
const SHARED_BUFFERS_MIN_BYTES = 32 * 1024 ** 2;
/** PostgreSQL's own default, far above what one core's pools open together. */
const CONNECTIONS_MAX = 100;

/**
 * The server's settings. `log_min_messages = log` leaves out the errors of single statements, which our own
 * log has with their cause; start, stop, refusals and crashes remain.
 */
export function serverSettings(options: ServerOptions): Readonly<Record<string, string>> {
  const buffers = options.sharedBuffersBytes ?? defaultSharedBuffersBytes();
  return {
    // The socket is the only door: the bundled OpenSSL is 1.1, which gets no more fixes.
    listen_addresses: "",
    ssl: "off",
    unix_socket_directories: quoted(options.socketDir),
    unix_socket_permissions: "0700",
    max_connections: String(CONNECTIONS_MAX),
    shared_buffers: `${Math.floor(buffers / 1024)}kB`,
    // With PostgreSQL's 1 GB a first load of 1.2 million updates wrote 5.2 GB of WAL, with 4 GB 2.5.
    max_wal_size: "4GB",
    wal_compression: "on",
    log_min_messages: "log",
    log_checkpoints: "off",
    log_timezone: "UTC",
    timezone: "UTC",
    cluster_name: "serviceradar",
    ...(options.unsafeNoFsync === true
      ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }
      : { fsync: "on", synchronous_commit: "on" }),
  };
}

/** An eighth of the memory that this process may use; a container's limit counts, not its host's RAM. */
export function defaultSharedBuffersBytes(): number {
  const limit = process.constrainedMemory();
  const memory = limit > 0 ? Math.min(totalmem(), limit) : totalmem();
  return Math.max(
    SHARED_BUFFERS_MIN_BYTES,
    Math.min(SHARED_BUFFERS_MAX_BYTES, Math.floor(memory / 8)),
  );
}

/** A path in a list of paths: a comma inside would end it. */
function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}

/** The settings as arguments of `postgres`. */
export function settingArguments(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}
