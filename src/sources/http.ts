import { type Dispatcher, request as send } from "undici";

import { systemClock } from "../lib/clock.ts";
import { backoffMs } from "../lib/retry.ts";
import { Secret } from "../lib/secret.ts";
import { parseJson, readBody, saidBy } from "./http-body.ts";
import { connectFailure, HttpError, oneLine, statusFailure } from "./http-error.ts";
import { connectionsOf, HTTP_LIMITS, type HttpLimits, type HttpSettings } from "./http-settings.ts";
import { parseRetryAfter } from "./retry-after.ts";
import type { PullOptions } from "./source.ts";

const BACKOFF = { baseMs: 500, capMs: 30_000 };
/** Redirects to the same origin that one request follows: "/x" to "/x/" is one. */
const REDIRECTS_MAX = 3;
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

/** A good answer; header names are lower-case. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: unknown;
  readonly bytes: number;
}

/** What a request needs of the pull that makes it; PullOptions is one. */
export type HttpCall = Pick<PullOptions, "signal" | "onWait" | "clock">;

/**
 * JSON over HTTP from one origin, with keep-alive. Made for one pull and closed with it: between two pulls lie
 * minutes, in which a server closes idle connections anyway. Redirects to another origin are refused, so that
 * credentials never leave the configured one. TLS from 1.2.
 */
export class HttpClient implements AsyncDisposable {
  readonly #settings: HttpSettings;
  readonly #limits: HttpLimits;
  readonly #dispatcher: Dispatcher;
  #contacted = false;

  constructor(settings: HttpSettings) {
    this.#settings = settings;
    this.#limits = { ...HTTP_LIMITS, ...settings.limits };
    this.#dispatcher = connectionsOf(settings, this.#limits);
  }

  /**
   * Asks until there is a good answer. A function is called with the number of failures so far, so that it can
   * ask for less. Throws HttpError: its code is one of SOURCE_ERRORS, "cancelled" once the signal aborts.
   */
  async json(
    request: JsonRequest | ((failures: number) => JsonRequest),
    call: HttpCall,
  ): Promise<JsonAnswer> {
    for (let failures = 0; ; failures += 1) {
      try {
        return await this.#ask(typeof request === "function" ? request(failures) : request, call);
      } catch (thrown) {
        await this.#waitForRetry(thrown, failures, call);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #waitForRetry(thrown: unknown, failures: number, call: HttpCall): Promise<void> {
    const failure = call.signal.aborted ? cancelled(call.signal) : thrown;
    if (!(failure instanceof HttpError) || failure.retry === "permanent") throw failure;
    const { retriesMax, retriesBeforeContactMax, retryAfterMsMax } = this.#limits;
    if (failures >= (this.#contacted ? retriesMax : retriesBeforeContactMax)) throw failure;
    const asked = Math.min(failure.retryAfterMs ?? 0, retryAfterMsMax);
    const ms = asked > 0 ? asked : backoffMs(BACKOFF, failures);
    call.onWait?.({ reason: failure.code === "rate_limited" ? "rate_limited" : "retry", ms });
    await (call.clock ?? systemClock)
      .sleep(ms, { signal: call.signal })
      .catch((reason: unknown) => {
        throw call.signal.aborted ? cancelled(call.signal) : reason;
      });
  }

  async #ask(request: JsonRequest, call: HttpCall): Promise<JsonAnswer> {
    let url = this.#urlOf(request);
    for (let hops = 0; ; hops += 1) {
      const where = `${request.method ?? "GET"} ${url.origin}${url.pathname}`;
      const answer = await this.#send(request, { url, where, signal: call.signal });
      this.#contacted = true;
      if (!isRedirect(answer.statusCode)) {
        return await this.#read(answer, { where, request, call });
      }
      await answer.body.dump();
      url = redirectTarget(answer, { url, where, hops, method: request.method });
    }
  }

  #urlOf(request: JsonRequest): URL {
    const { origin, basePath } = this.#settings.endpoint;
    const url = new URL(`${basePath}${request.path}`, origin);
    url.search = request.query?.toString() ?? "";
    return url;
  }

  async #send(
    request: JsonRequest,
    to: { readonly url: URL; readonly where: string; readonly signal: AbortSignal },
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await send(to.url, {
        dispatcher: this.#dispatcher,
        method: request.method ?? "GET",
        signal: to.signal,
        ...contentOf(request),
      });
    } catch (thrown) {
      throw connectFailure(thrown, to.where);
    }
  }

  async #read(answer: Dispatcher.ResponseData, asked: Asked): Promise<JsonAnswer> {
    const { bodyBytesMax } = this.#limits;
    const gzipped = answer.headers["content-encoding"] === "gzip";
    const body = await readBody(answer.body, { gzipped, bytesMax: bodyBytesMax });
    if (body.kind === "cut") {
      const retry = "transient";
      const why = `${asked.where}: the answer stopped before its end (${oneLine(body.cause)})`;
      throw new HttpError(why, { code: "truncated", retry, cause: body.cause });
    }
    if (body.kind === "too_large") {
      const why = `${asked.where} answered more than ${bodyBytesMax} bytes; a smaller page_size helps`;
      throw new HttpError(why, { code: "bad_data", retry: "permanent" });
    }
    if (answer.statusCode >= 300) throw this.#refusal(answer, body.text, asked);
    const value = jsonOf(body.text, answer, asked.where);
    return { status: answer.statusCode, headers: answer.headers, body: value, bytes: body.bytes };
  }

  /** An answer that is no success, with what the server said. */
  #refusal(answer: Dispatcher.ResponseData, text: string, asked: Asked): HttpError {
    const status = answer.statusCode;
    const said = saidBy(text, secretsOf(asked.request));
    const usual = statusFailure(status);
    const clock = asked.call.clock ?? systemClock;
    const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], clock.now());
    return new HttpError(`${asked.where} answered ${status}${said === "" ? "" : `: ${said}`}`, {
      code: this.#settings.classify?.({ status, text: said }) ?? usual.code,
      retry:
        retryAfterMs !== undefined && usual.retry === "transient"
          ? { afterMs: retryAfterMs }
          : usual.retry,
      status,
      retryAfterMs,
    });
  }
}

type Asked = { readonly where: string; readonly request: JsonRequest; readonly call: HttpCall };

function cancelled(signal: AbortSignal): HttpError {
  const cause: unknown = signal.reason;
  return new HttpError("the pull was cancelled", { code: "cancelled", retry: "permanent", cause });
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

type Redirected = {
  readonly url: URL;
  readonly where: string;
  readonly hops: number;
  readonly method: JsonRequest["method"];
};

/** Where a redirect leads, if it stays on the origin; a POST is not sent twice. */
function redirectTarget(answer: Dispatcher.ResponseData, from: Redirected): URL {
  const location = String(answer.headers["location"] ?? "");
  const target = URL.canParse(location, from.url.href) ? new URL(location, from.url) : undefined;
  if (target?.origin === from.url.origin && from.hops < REDIRECTS_MAX && from.method !== "POST") {
    return target;
  }
  const to = target === undefined ? "nowhere" : `${target.origin}${target.pathname}`;
  throw new HttpError(
    `${from.where} redirects to ${to}, which is not followed; if that is right, it belongs in endpoint`,
    { code: "unreachable", retry: "permanent", status: answer.statusCode },
  );
}

type Content = { headers: Record<string, string>; body?: string };

function contentOf(request: JsonRequest): Content {
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
function secretsOf({ headers, form }: JsonRequest): readonly string[] {
  return [...Object.values(headers ?? {}), ...Object.values(form ?? {})]
    .filter((value) => value instanceof Secret)
    .flatMap((secret) => secret.reveal().split(/\s+/))
    .filter((word) => word.length >= SECRET_CHARS_MIN);
}

function jsonOf(text: string, answer: Dispatcher.ResponseData, where: string): unknown {
  const type = String(answer.headers["content-type"] ?? "");
  if (!/^application\/([\w.-]+\+)?json\b/i.test(type)) {
    const kind = type === "" ? "an answer without content type" : type.split(";")[0];
    throw new HttpError(
      `${where} answered ${kind} where JSON was expected: is this the API, and not a login or proxy page?`,
      { code: "bad_data", retry: "permanent", status: answer.statusCode },
    );
  }
  const parsed = parseJson(text);
  if (parsed.kind === "json") return parsed.value;
  if (parsed.kind === "cut") {
    const why = `${where}: the JSON stopped before its end`;
    throw new HttpError(why, { code: "truncated", retry: "transient" });
  }
  throw new HttpError(`${where} answered what is not JSON`, {
    code: "bad_data",
    retry: "permanent",
  });
}
