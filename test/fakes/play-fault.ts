import type { ServerResponse } from "node:http";

import type { SourceFault } from "../contract/source.ts";
import { pauseFor, sendHtml, sendJson } from "./fake-http.ts";

/** Plays a fault that leaves no answer to compute; false where there is one all the same. */
export function playFault(response: ServerResponse, fault: SourceFault | undefined): boolean {
  if (fault?.kind === "hangup") {
    response.destroy();
  } else if (fault?.kind === "html") {
    sendHtml(response, 200, "Sign in");
  } else if (fault?.kind === "status") {
    if (fault.retryAfter !== undefined) response.setHeader("retry-after", fault.retryAfter);
    sendJson(response, fault.status, { detail: `Failed with ${fault.status}.` });
  } else if (fault?.kind === "redirect") {
    response.writeHead(302, { location: fault.to }).end();
  } else if (fault?.kind === "drip") {
    drip(response);
  } else {
    return fault?.kind === "never";
  }
  return true;
}

/** Begins an answer that goes on for ever: as fast as a test needs it; slow is what the client's clock makes of it. */
export function drip(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" }).write("{");
  const timer = setInterval(() => response.write(" "), 1);
  response.on("close", () => clearInterval(timer));
}

/** Sends an answer, or as much of it as the fault lets through, with a pause in its middle. */
export async function sendAnswer(
  response: ServerResponse,
  body: unknown,
  how: { readonly fault: SourceFault | undefined; readonly pauseMs: number },
): Promise<void> {
  const text = JSON.stringify(body);
  const half = text.slice(0, Math.floor(text.length / 2));
  const headers = { "content-type": "application/json" };
  if (how.fault?.kind === "cut_json") {
    response.writeHead(200, headers).end(half);
    return;
  }
  response.writeHead(200, { ...headers, "content-length": Buffer.byteLength(text) });
  if (how.fault?.kind === "cut") {
    response.write(half, () => response.destroy());
    return;
  }
  if (how.pauseMs > 0) {
    response.write(half);
    await pauseFor(how.pauseMs);
  }
  response.end(how.pauseMs > 0 ? text.slice(half.length) : text);
}
