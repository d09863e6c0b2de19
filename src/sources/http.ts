import { type Dispatcher, request as send } from "undici";

import { systemClock, type Clock } from "../lib/clock.ts";
import { backoffMs } from "../lib/retry.ts";
import { isRedirect, jsonOf, redirectTarget, type JsonAnswer } from "./http-answer.ts";
import { readBody, saidBy } from "./http-body.ts";
import { connectFailure, HttpError, oneLine, statusFailure } from "./http-error.ts";
import { contentOf, secretsOf, type JsonRequest } from "./http-request.ts";
import { connectionsOf, HTTP_LIMITS, type HttpLimits, type HttpSettings } from "./http-settings.ts";
import { parseRetryAfter } from "./retry-after.ts";
import { SourceGate } from "./source-gate.ts";
import type { PullOptions } from "./source.ts";

const BACKOFF = { baseMs: 500, capMs: 30_000 };
/** What a request needs of the pull that makes it; PullOptions is one. */
export type HttpCall = Pick<PullOptions, "signal" | "onWait" | "onAnswer" | "clock">;

/**
 * JSON over HTTP from one origin, with keep-alive. Made for one pull and closed with it: between two pulls lie
 * minutes, in which a server closes idle connections anyway. Redirects to another origin are refused, so that
 * credentials never leave the configured one. TLS from 1.2.
 */
export class HttpClient implements AsyncDisposable {
  readonly #settings: HttpSettings;
  readonly #limits: HttpLimits;
  readonly #dispatcher: Dispatcher;
  readonly #gate: SourceGate;
  #contacted = false;
  #firstServerMs: number | undefined;

  /** `gate`: the source's, where it outlives this client. */
  constructor(settings: HttpSettings, gate = new SourceGate(settings)) {
    this.#settings = settings;
    this.#gate = gate;
    this.#limits = { ...HTTP_LIMITS, ...settings.limits };
    this.#dispatcher = connectionsOf(settings, this.#limits);
  }

  /** What the server's own clock said in its first good answer, ms since 1970; undefined before, or where it says nothing. */
  get firstServerMs(): number | undefined {
    return this.#firstServerMs;
  }

  /**
   * Asks until there is a good answer. A function is called for each try with the failure of the one before, so that
   * it can ask for less. Throws HttpError: its code is one of SOURCE_ERRORS, "cancelled" once the signal aborts.
   */
  async json(
    request: JsonRequest | ((last: HttpError | undefined) => JsonRequest),
    call: HttpCall,
  ): Promise<JsonAnswer> {
    let last: HttpError | undefined;
    for (let failures = 0; ; failures += 1) {
      try {
        using _ = await this.#gate.pass(clockOf(call), call.signal, call.onWait);
        const answer = await this.#ask(
          typeof request === "function" ? request(last) : request,
          call,
        );
        this.#gate.answered();
        return answer;
      } catch (thrown) {
        last = retriable(thrown, call.signal);
        await this.#waitForRetry(last, failures, call);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #waitForRetry(failure: HttpError, failures: number, call: HttpCall): Promise<void> {
    const { retriesMax, retriesBeforeContactMax, retryAfterMsMax } = this.#limits;
    const clock = clockOf(call);
    const asked = Math.min(failure.retryAfterMs ?? 0, retryAfterMsMax);
    if (asked > 0) this.#gate.askedToWait(clock.now() + asked);
    if (failure.code === "unreachable") this.#gate.failed(clock.now());
    else this.#gate.answered();
    if (failures >= (this.#contacted ? retriesMax : retriesBeforeContactMax)) throw failure;
    const ms = asked > 0 ? asked : backoffMs(BACKOFF, failures);
    call.onWait?.({ reason: failure.code === "rate_limited" ? "rate_limited" : "retry", ms });
    await clock.sleep(ms, { signal: call.signal }).catch((reason: unknown) => {
      throw call.signal.aborted ? cancelled(call.signal) : reason;
    });
  }

  async #ask(request: JsonRequest, call: HttpCall): Promise<JsonAnswer> {
    let url = this.#urlOf(request);
    for (let hops = 0; ; hops += 1) {
      const where = `${request.method ?? "GET"} ${url.origin}${url.pathname}`;
      const answer = await this.#send(request, { url, where, call });
      call.onAnswer?.(answer.statusCode);
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
    // Not resolved against the origin: a base path of "//elsewhere" would name another host.
    const url = new URL(origin);
    url.pathname = `${basePath}${request.path}`;
    url.search = request.query?.toString() ?? "";
    return url;
  }

  async #send(
    request: JsonRequest,
    { url, where, call }: { readonly url: URL; readonly where: string; readonly call: HttpCall },
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await send(url, {
        dispatcher: this.#dispatcher,
        method: request.method ?? "GET",
        signal: call.signal,
        ...contentOf(request),
      });
    } catch (thrown) {
      call.onAnswer?.(undefined);
      throw connectFailure(thrown, where);
    }
  }

  async #read(answer: Dispatcher.ResponseData, asked: Asked): Promise<JsonAnswer> {
    const { bodyBytesMax, bodyBytesPerSecondMin } = this.#limits;
    const body = await readBody(answer.body, {
      gzipped: answer.headers["content-encoding"] === "gzip",
      bytesMax: bodyBytesMax,
      bytesPerSecondMin: bodyBytesPerSecondMin,
      clock: clockOf(asked.call),
    });
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
    this.#firstServerMs ??= timeOf(answer.headers["date"]);
    return { status: answer.statusCode, headers: answer.headers, body: value, bytes: body.bytes };
  }

  /** An answer that is no success, with what the server said. */
  #refusal(answer: Dispatcher.ResponseData, text: string, asked: Asked): HttpError {
    const status = answer.statusCode;
    const said = saidBy(text, secretsOf(asked.request));
    const usual = statusFailure(status);
    const nowMs = clockOf(asked.call).now();
    const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], nowMs);
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

function timeOf(date: unknown): number | undefined {
  const ms = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function clockOf({ clock }: HttpCall): Clock {
  return clock ?? systemClock;
}

type Asked = { readonly where: string; readonly request: JsonRequest; readonly call: HttpCall };

/** What was thrown, if asking again may help; else it is thrown on. */
function retriable(thrown: unknown, signal: AbortSignal): HttpError {
  const failure = signal.aborted ? cancelled(signal) : thrown;
  if (!(failure instanceof HttpError) || failure.retry === "permanent") throw failure;
  return failure;
}

function cancelled(signal: AbortSignal): HttpError {
  const cause: unknown = signal.reason;
  return new HttpError("the pull was cancelled", { code: "cancelled", retry: "permanent", cause });
}
