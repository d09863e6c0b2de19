import { gunzip } from "node:zlib";

import type { Clock } from "../lib/clock.ts";
import { REDACTED } from "../lib/secret.ts";

/** Longest piece of a server's own words that goes into an error. */
const SAID_CHARS_MAX = 200;

type Readable = AsyncIterable<Uint8Array>;

/** How reading a body ended; `cut` means that its end is missing, so that asking again may help. */
export type BodyOutcome =
  | { readonly kind: "text"; readonly text: string; readonly bytes: number }
  | { readonly kind: "too_large" }
  | { readonly kind: "cut"; readonly cause: unknown };

/** How a body is bounded. */
export interface BodyBounds {
  readonly gzipped: boolean;
  /** Before and after decompression. */
  readonly bytesMax: number;
  /** A body that moves more slowly, over PROGRESS_MS, is given up. */
  readonly bytesPerSecondMin: number;
  readonly clock: Clock;
}

/** Over how long a body's speed is taken, ms: a proxy may hold back what a server sends for some seconds. */
const PROGRESS_MS = 60_000;

/** Reads a body within its bounds. */
export async function readBody(body: Readable, bounds: BodyBounds): Promise<BodyOutcome> {
  const { gzipped, bytesMax, clock } = bounds;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let last = { ms: clock.now(), bytes };
  try {
    for await (const part of body) {
      bytes += part.byteLength;
      if (bytes > bytesMax) return { kind: "too_large" };
      parts.push(part);
      const ms = clock.now() - last.ms;
      if (ms < PROGRESS_MS) continue;
      const perSecond = ((bytes - last.bytes) * 1_000) / ms;
      if (perSecond < bounds.bytesPerSecondMin) return { kind: "cut", cause: tooSlow(perSecond) };
      last = { ms: clock.now(), bytes };
    }
  } catch (thrown) {
    return { kind: "cut", cause: thrown };
  }
  const whole = Buffer.concat(parts, bytes);
  return gzipped ? await decompress(whole, bytesMax) : textOf(whole, bytes);
}

function tooSlow(perSecond: number): Error {
  return new Error(`it came at ${perSecond.toFixed(1)} bytes a second`);
}

function textOf(whole: Buffer, bytes: number): BodyOutcome {
  return { kind: "text", text: whole.toString("utf8"), bytes };
}

function decompress(whole: Buffer, bytesMax: number): Promise<BodyOutcome> {
  const { promise, resolve } = Promise.withResolvers<BodyOutcome>();
  gunzip(whole, { maxOutputLength: bytesMax }, (error, plain) => {
    if (error === null) resolve(textOf(plain, whole.byteLength));
    else if (errorName(error) === "ERR_BUFFER_TOO_LARGE") resolve({ kind: "too_large" });
    else resolve({ kind: "cut", cause: error });
  });
  return promise;
}

function errorName(error: Error): unknown {
  return (error as { readonly code?: unknown }).code;
}

/** The outcome of parsing a JSON text; `cut` where it only lacks its end. */
export type ParsedJson =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "cut" }
  | { readonly kind: "not_json" };

/** Parses JSON and tells a text that stops too early from one that is wrong in the middle. */
export function parseJson(text: string): ParsedJson {
  try {
    return { kind: "json", value: JSON.parse(text) as unknown };
  } catch (thrown) {
    return { kind: endsEarly(text, String(thrown)) ? "cut" : "not_json" };
  }
}

/** V8 says of a cut text "Unexpected end", "Unterminated string" or names the position behind the last character. */
function endsEarly(text: string, message: string): boolean {
  if (/Unexpected end|Unterminated/.test(message)) return true;
  const position = /at position (\d+)/.exec(message)?.[1];
  return position !== undefined && Number(position) >= text.trimEnd().length;
}

/** What a server said in a failed answer, on one line and short: its JSON detail, its page title, or its text. */
export function saidBy(text: string, secrets: readonly string[]): string {
  let said = detailOf(text) ?? /<title[^>]*>([^<]*)/i.exec(text)?.[1] ?? text;
  for (const secret of secrets) said = said.replaceAll(secret, REDACTED);
  const line = said.replaceAll(/[\s\p{Cc}]+/gu, " ").trim();
  return line.length > SAID_CHARS_MAX ? `${line.slice(0, SAID_CHARS_MAX)}…` : line;
}

function detailOf(text: string): string | undefined {
  const parsed = parseJson(text);
  if (parsed.kind !== "json") return undefined;
  const body = parsed.value as Readonly<Record<string, unknown>> | null;
  for (const name of ["detail", "message", "error", "error_description"]) {
    const detail = body?.[name];
    if (typeof detail === "string") return detail;
  }
  return JSON.stringify(parsed.value);
}
