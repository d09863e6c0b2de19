import type { IncomingMessage, ServerResponse } from "node:http";

import { sendHtml, sendJson } from "./fake-http.ts";
import { since, type NetboxVersion } from "./netbox-shapes.ts";

/** The token of every fake NetBox that is not told another. */
export const FAKE_TOKEN = "0123456789abcdef0123456789abcdef01234567";
/** gunicorn's default, which NetBox's own configuration keeps. */
const REQUEST_LINE_MAX = 4_094;

/** What a NetBox does before it looks at a request; true where it has answered already. */
export function answeredAtDoor(request: IncomingMessage, response: ServerResponse): boolean {
  const [path = "/", query] = (request.url ?? "/").split("?");
  if (`GET ${request.url} HTTP/1.1`.length > REQUEST_LINE_MAX) {
    sendHtml(response, 400, "Request Line is too large");
  } else if (path.startsWith("/api") && !path.endsWith("/")) {
    const location = query === undefined ? `${path}/` : `${path}/?${query}`;
    response.writeHead(301, { location }).end();
  } else {
    return false;
  }
  return true;
}

/** Answers a request whose token is missing or wrong: with 403, as NetBox does. True where it did. */
export function refusedAtDoor(
  request: IncomingMessage,
  response: ServerResponse,
  door: { readonly token: string; readonly version: NetboxVersion },
): boolean {
  const detail = refusal(request.headers.authorization, door);
  if (detail !== undefined) sendJson(response, 403, { detail });
  return detail !== undefined;
}

/** Tokens of the second kind begin with nbt_, and servers know them from 4.5 on; the keyword does not matter there. */
function refusal(
  header: string | undefined,
  { token, version }: { readonly token: string; readonly version: NetboxVersion },
): string | undefined {
  if (header === undefined) return "Authentication credentials were not provided.";
  const [keyword, given = ""] = header.split(" ");
  const knowsSecond = since(version, "4.5");
  const isSecond = given.startsWith("nbt_");
  const isKeyword = keyword === "Token" || (knowsSecond && keyword === "Bearer");
  if (isKeyword && given === token && (knowsSecond || !isSecond)) return undefined;
  return knowsSecond ? `Invalid v${isSecond ? 2 : 1} token` : "Invalid token";
}
