import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of a fake on 127.0.0.1. */
export interface FakeHttp {
  readonly url: string;
  /** Cuts what is open and stops. */
  readonly close: () => Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/** Serves on the port, 0 for any free one. A handler that throws costs its own connection. */
export async function serveHttp(port: number, handler: Handler): Promise<FakeHttp> {
  const server = createServer((request, response) => {
    Promise.try(handler, request, response).catch((thrown: unknown) => {
      response.destroy(thrown as Error);
    });
  });
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Answers with a page for people. */
export function sendHtml(response: ServerResponse, status: number, title: string): void {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" });
  response.end(`<!DOCTYPE html><html><head><title>${title}</title></head></html>`);
}

/** Resolves after some time, at once for none. */
export async function pauseFor(ms: number): Promise<void> {
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
