import { Secret } from "../lib/secret.ts";

/** A word of a secret header that is shorter ("Token") is no secret. */
const SECRET_CHARS_MIN = 8;

/** A request for JSON. A Secret in `headers` or `form` is sent in clear and shown nowhere. */
export interface JsonRequest {
  readonly method?: "GET" | "POST";
  /** Below the endpoint's base path, with its leading slash. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string | Secret>>;
  /** Sent as application/json. */
  readonly json?: unknown;
}

type Content = { headers: Record<string, string>; body?: string };

/** Headers and body as they are sent. */
export function contentOf(request: JsonRequest): Content {
  const headers: Record<string, string> = {
    accept: "application/json",
    "accept-encoding": "gzip",
    "user-agent": "serviceradar-sync",
  };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name] = clear(value);
  if (request.form !== undefined) {
    const fields = new URLSearchParams();
    for (const [name, value] of Object.entries(request.form)) fields.set(name, clear(value));
    headers["content-type"] = "application/x-www-form-urlencoded";
    return { headers, body: fields.toString() };
  }
  if (request.json === undefined) return { headers };
  headers["content-type"] = "application/json";
  return { headers, body: JSON.stringify(request.json) };
}

function clear(value: string | Secret): string {
  return value instanceof Secret ? value.reveal() : value;
}

/** What must not be seen again, should the server repeat it. */
export function secretsOf({ headers, form }: JsonRequest): readonly string[] {
  return [...Object.values(headers ?? {}), ...Object.values(form ?? {})]
    .filter((value) => value instanceof Secret)
    .flatMap((secret) => secret.reveal().split(/\s+/))
    .filter((word) => word.length >= SECRET_CHARS_MIN);
}
