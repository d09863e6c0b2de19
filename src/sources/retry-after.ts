/** Milliseconds that a Retry-After header asks for: seconds or an HTTP date (RFC 9110 10.2.3); undefined if it says nothing usable. */
export function parseRetryAfter(header: unknown, nowMs: number): number | undefined {
  const text = typeof header === "string" ? header.trim() : "";
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000);
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
