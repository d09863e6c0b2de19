import type { ServerResponse } from "node:http";

import { drip } from "./play-fault.ts";

/** What goes wrong with one search. */
export type ArmisFault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: string }
  /** The connection breaks: before the answer, or in the middle of its body. */
  | { readonly kind: "hangup" }
  | { readonly kind: "cut" }
  /** A good HTTP answer whose JSON lacks its end. */
  | { readonly kind: "cut_json" }
  /** A login page with status 200. */
  | { readonly kind: "html" }
  /** Status 200 and `success: false`. */
  | { readonly kind: "unsuccessful" }
  /** No answer, ever. */
  | { readonly kind: "never" }
  /** An answer that never stops and never ends. */
  | { readonly kind: "drip" }
  | { readonly kind: "slow"; readonly ms: number }
  /** `next` names the page that was just read. */
  | { readonly kind: "next_repeats" }
  /** `from` is ignored: page one again. */
  | { readonly kind: "from_ignored" }
  | { readonly kind: "redirect"; readonly to: string }
  /** `next` says that this was the last page, `total` says that it was not. */
  | { readonly kind: "ends_early" };

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body));
}

/** Answers as Armis words a refusal. */
export function sendRefusal(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { message, success: false });
}

/** Sends a good page, or as much of it as the fault lets through. */
export function sendPage(
  response: ServerResponse,
  page: unknown,
  fault: ArmisFault | undefined,
): void {
  const text = JSON.stringify(page);
  const half = text.slice(0, text.length / 2);
  if (fault?.kind === "cut") {
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    response.write(half, () => response.destroy());
  } else sendText(response, 200, fault?.kind === "cut_json" ? half : text);
}

/** Plays a fault that leaves no page to send; false where there is one all the same. */
export function playFault(response: ServerResponse, fault: ArmisFault | undefined): boolean {
  if (fault?.kind === "hangup") {
    response.destroy();
  } else if (fault?.kind === "redirect") {
    response.writeHead(302, { location: fault.to }).end();
  } else if (fault?.kind === "html") {
    response.writeHead(200, { "content-type": "text/html" }).end("<title>Sign in</title>");
  } else if (fault?.kind === "unsuccessful") {
    sendRefusal(response, 200, "Something went wrong.");
  } else if (fault?.kind === "status") {
    if (fault.retryAfter !== undefined) response.setHeader("retry-after", fault.retryAfter);
    sendRefusal(response, fault.status, `Failed with ${fault.status}.`);
  } else if (fault?.kind === "drip") {
    drip(response);
  } else {
    return fault?.kind === "never";
  }
  return true;
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "application/json" }).end(text);
}
