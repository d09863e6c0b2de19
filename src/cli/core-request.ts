/** What commands ask of the API, whichever way it goes. */
import { ACTOR_HEADER } from "../api/actor.ts";

/** One request; the body goes as JSON. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the root, encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** A body that is JSON already, and is to arrive byte for byte. */
  readonly text?: string;
}

/** The body as it goes out. */
export function bodyText({ body, text }: ApiRequest): string | undefined {
  return text ?? (body === undefined ? undefined : JSON.stringify(body));
}

/** An answer, read whole. */
export interface ApiAnswer {
  readonly status: number;
  readonly text: string;
}

/** An answer that is read as it comes, however large it is; one that is cut off throws there. */
interface OpenAnswer {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A way to the API. */
export interface Link extends AsyncDisposable {
  readonly ask: (asked: ApiRequest) => Promise<ApiAnswer>;
  readonly open: (asked: ApiRequest) => Promise<OpenAnswer>;
  /** Works what waits in the inbox where no running core does; with one there is nothing to do. */
  readonly work: () => Promise<void>;
}

/** What goes with every request: who asks, and of what kind the body is. */
export function headersFor(text: string | undefined, actor: string): Record<string, string> {
  return {
    [ACTOR_HEADER]: encodeURIComponent(actor),
    ...(text === undefined ? {} : { "content-type": "application/json" }),
  };
}
