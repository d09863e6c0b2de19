import type { Secret } from "../lib/secret.ts";
import type { SourceQuery } from "../model/sync-payload.ts";
import type { ArmisToken } from "./armis-auth.ts";
import { ARMIS_FIELDS } from "./armis-map.ts";
import { parseArmisPage, type ArmisPage } from "./armis-page.ts";
import { HttpError } from "./http-error.ts";
import type { HttpCall, HttpClient } from "./http.ts";
import { PageLimit } from "./page-limit.ts";

/** A connection to one Armis for the time of one pull. */
export interface ArmisSession {
  readonly client: HttpClient;
  readonly call: HttpCall;
  readonly token: ArmisToken;
}

/** Rows of a page at most: the vendor's API guide 1.8, as public clients quote it. */
export const LENGTH_MAX = 5_000;

const SEARCH_PATH = "/api/v1/search/";
/** A page that keeps failing is asked for in halves (public clients: long searches end in a gateway's timeout), to here. */
const LENGTH_MIN = 50;

/** One query against Armis, a page at a time. */
export class ArmisSearch {
  readonly #session: ArmisSession;
  readonly #query: SourceQuery;
  readonly #limit: PageLimit;

  constructor(session: ArmisSession, query: SourceQuery, length: number) {
    this.#session = session;
    this.#query = query;
    this.#limit = new PageLimit(length, LENGTH_MIN);
  }

  /** The rows from this offset on, in the order of their ids. Throws HttpError. */
  async page(from: number): Promise<ArmisPage> {
    const { client, call } = this.#session;
    const answer = await this.#authorized((authorization) =>
      client.json(
        (failure) => ({
          path: SEARCH_PATH,
          query: this.#params(from, this.#limit.rowsAfter(failure)),
          headers: { authorization },
        }),
        call,
      ),
    );
    this.#limit.grow();
    const page = parseArmisPage(answer.body, from);
    if (page.ok) return page.value;
    const why = `the answer to query "${this.#query.label}" ${page.error}`;
    throw new HttpError(why, { code: "bad_data", retry: "transient", status: answer.status });
  }

  /** A token can end before the time it was given, so one refusal is answered with a new token, the next one is not. */
  async #authorized<T>(ask: (authorization: Secret) => Promise<T>): Promise<T> {
    const { client, call, token } = this.#session;
    try {
      return await ask(await token.authorization(client, call));
    } catch (thrown) {
      if (!(thrown instanceof HttpError) || thrown.status !== 401) throw this.#named(thrown);
      token.forget();
      return await ask(await token.authorization(client, call));
    }
  }

  /** Behind the first page one more row than wanted: the page before's last comes again, see armis-keyset.ts. */
  #params(from: number, rows: number): URLSearchParams {
    return new URLSearchParams({
      aql: this.#query.query,
      from: String(from),
      length: String(from === 0 ? rows : Math.min(LENGTH_MAX, rows + 1)),
      orderBy: "id",
      includeTotal: "true",
      fields: ARMIS_FIELDS.join(","),
    });
  }

  /** Armis answers 400 to a query that it cannot read; which of several, only we know. */
  #named(thrown: unknown): unknown {
    if (!(thrown instanceof HttpError) || thrown.status !== 400) return thrown;
    const { code, retry, status } = thrown;
    const why = `query "${this.#query.label}": ${thrown.message}`;
    return new HttpError(why, { code, retry, status, cause: thrown.cause });
  }
}
