/** What commands of the core have in common: a link, a tenant, answers as JSON or as text, and failures as exit codes. */
import type { z } from "@hono/zod-openapi";

import type { tenantSchema } from "../api/contract.ts";
import type { ProblemBody } from "../api/errors.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { SyncError } from "../lib/errors.ts";
import { EXIT } from "../lib/exit-code.ts";
import { optional, toggle, type Arguments, type Values } from "./args.ts";
import type { CoreContext } from "./core-context.ts";
import { openLink } from "./core-link.ts";
import { apiPath, pagesOf, type Page, type Query } from "./core-pages.ts";
import type { ApiRequest, Link } from "./core-request.ts";
import { platformSettings, WHERE } from "./core-settings.ts";
import { asCalled, invocation, quoted } from "./invocation.ts";
import { command, type Command } from "./program.ts";

/** The name that messages begin with. */
export const CORE_NAME = "serviceradar-core";

const COMMON = { json: toggle("print the API's JSON"), ...WHERE };
const TENANT = { tenant: optional("SLUG", "whose (needed where there are several tenants)") };

/** An answer of the API that is no success. */
export class RefusedRequest extends Error {
  readonly problem: ProblemBody;

  constructor(problem: ProblemBody) {
    super(problem.detail);
    this.name = "RefusedRequest";
    this.problem = problem;
  }
}

/** A command that was called in a way that only the data shows to be wrong. */
export class Misuse extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.name = "Misuse";
    this.exitCode = exitCode;
  }
}

type SessionFlags = Pick<Values<typeof COMMON>, "json" | "dataDir">;

/** One command's work with the API. */
export class Session {
  readonly context: CoreContext;
  readonly #link: Link;
  readonly #isJson: boolean;

  /** Flags that lead every further command to the same data. */
  readonly #where: string;

  constructor(link: Link, context: CoreContext, { json, dataDir }: SessionFlags) {
    this.#link = link;
    this.context = context;
    this.#isJson = json;
    this.#where = dataDir === undefined ? "" : ` --data-dir ${quoted(dataDir)}`;
  }

  /** Another command, as it can be pasted where this one was typed. */
  commandLine(words: string): string {
    return `${invocation(CORE_NAME, this.context.env)} ${words}${this.#where}`;
  }

  /** Asks, and gives the answer's JSON, whose type is the route's. Throws RefusedRequest. */
  async ask<Body>(asked: ApiRequest): Promise<Body> {
    const { status, text } = await this.#link.ask(asked);
    if (status < 300) return JSON.parse(text === "" ? "null" : text) as Body;
    throw new RefusedRequest(JSON.parse(text) as ProblemBody);
  }

  /** Whether answers go out as the API's JSON. */
  get isJson(): boolean {
    return this.#isJson;
  }

  /** Asks for what may be large, and gives its bytes as they come. Throws RefusedRequest. */
  async open(asked: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
    const { status, body } = await this.#link.open(asked);
    if (status < 300) return body;
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    throw new RefusedRequest(JSON.parse(Buffer.concat(parts).toString("utf8")) as ProblemBody);
  }

  /** Works what waits where no running core does. */
  async work(): Promise<void> {
    await this.#link.work();
  }

  /** Prints an answer: as JSON where that is wanted, else the lines that are made of it. */
  show(body: unknown, lines: () => readonly string[]): void {
    const shown = this.#isJson ? [JSON.stringify(body, undefined, 2)] : lines();
    for (const line of shown) this.context.print(line);
  }
}

/** A session within one tenant. */
export class TenantSession {
  readonly #session: Session;
  readonly context: CoreContext;
  readonly slug: string;

  constructor(session: Session, slug: string) {
    this.#session = session;
    this.context = session.context;
    this.slug = slug;
  }

  /** See Session. */
  ask<Body>(asked: ApiRequest): Promise<Body> {
    return this.#session.ask(asked);
  }

  /** See Session. */
  get isJson(): boolean {
    return this.#session.isJson;
  }

  open(asked: ApiRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#session.open(asked);
  }

  /** See Session. */
  work(): Promise<void> {
    return this.#session.work();
  }

  /** See Session. */
  show(body: unknown, lines: () => readonly string[]): void {
    this.#session.show(body, lines);
  }

  /** See Session; the tenant is named. */
  commandLine(words: string): string {
    return this.#session.commandLine(`${words} --tenant ${this.slug}`);
  }

  /** A path in the tenant: segments are encoded, absent query members left out. */
  path(segments: readonly string[], query: Query = {}): string {
    return apiPath(["tenants", this.slug, ...segments], query);
  }
}

type Spec<Operands extends Arguments, Flags extends Arguments, Given> = {
  readonly name: string;
  readonly summary: string;
  readonly operands?: Operands;
  readonly flags?: Flags;
  /** Whether a data folder without a database may be given one. */
  readonly mayCreate?: boolean;
  readonly run: (values: Values<Operands> & Values<Flags>, session: Given) => Promise<void>;
};

/** A command of the platform. */
export function platformCommand<
  Operands extends Arguments = Arguments,
  Flags extends Arguments = Arguments,
>(spec: Spec<Operands, Flags, Session>): Command<CoreContext> {
  const flags = { ...spec.flags, ...COMMON } as Flags & typeof COMMON;
  return command<CoreContext, Operands, Flags & typeof COMMON>({
    ...spec,
    flags,
    run: (values, context) =>
      withLink(values, context, {
        mayCreate: spec.mayCreate === true,
        work: (session) => spec.run(values, session),
      }),
  });
}

/** A command of one tenant. */
export function tenantCommand<
  Operands extends Arguments = Arguments,
  Flags extends Arguments = Arguments,
>(spec: Spec<Operands, Flags, TenantSession>): Command<CoreContext> {
  type All = Flags & typeof TENANT & typeof COMMON;
  const flags = { ...spec.flags, ...TENANT, ...COMMON } as All;
  return command<CoreContext, Operands, All>({
    ...spec,
    flags,
    run: (values, context) =>
      withLink(values, context, {
        mayCreate: false,
        work: async (session) => {
          const slug = await chooseTenant(session, (values as Values<typeof TENANT>).tenant);
          await spec.run(values, new TenantSession(session, slug));
        },
      }),
  });
}

async function withLink(
  values: Values<typeof COMMON>,
  context: CoreContext,
  {
    mayCreate,
    work,
  }: {
    readonly mayCreate: boolean;
    readonly work: (session: Session) => Promise<void>;
  },
): Promise<number> {
  const settings = platformSettings(values, context.env);
  await using link = await openLink(settings, context, { mayCreate });
  try {
    await work(new Session(link, context, values));
    return EXIT.ok;
  } catch (thrown) {
    if (thrown instanceof RefusedRequest) return refused(thrown, context);
    if (!(thrown instanceof Misuse)) throw thrown;
    context.printError(`${CORE_NAME}: ${thrown.message}`);
    return thrown.exitCode;
  }
}

/** The API's words go out as they are, but for what is to be typed; the exit code says of what kind they are. */
function refused({ problem }: RefusedRequest, context: CoreContext): number {
  const detail = asCalled(problem.detail, invocation(CORE_NAME, context.env));
  context.printError(`${CORE_NAME}: ${detail}`);
  if (problem.status === 503) return EXIT.unreachable;
  if (problem.code === "invalid_source") return EXIT.config;
  return problem.status === 400 ? EXIT.usage : EXIT.failed;
}

/** Tenants named in a complaint; a platform may have thousands. */
const NAMED_MAX = 10;

type TenantsPage = Page & { readonly tenants: readonly z.infer<typeof tenantSchema>[] };

async function chooseTenant(session: Session, wanted: string | undefined): Promise<string> {
  const slugs: string[] = [];
  for await (const { tenants } of pagesOf<TenantsPage>(session, ["tenants"])) {
    slugs.push(...tenants.map(({ slug }) => slug));
    if (wanted !== undefined && slugs.includes(wanted)) return wanted;
  }
  if (wanted !== undefined) {
    throw new Misuse(`--tenant: there is no tenant "${wanted}"${didYouMean(wanted, slugs)}`);
  }
  const [only, ...others] = slugs;
  if (only === undefined) {
    throw new SyncError(
      "no_tenant",
      `there is no tenant yet; make one with: ${session.commandLine("tenant create SLUG")}`,
      { retry: "permanent" },
    );
  }
  if (others.length === 0) return only;
  const named = slugs.slice(0, NAMED_MAX).join(", ");
  const more = slugs.length > NAMED_MAX ? ` and ${slugs.length - NAMED_MAX} more` : "";
  throw new Misuse(`--tenant is needed, since there are several tenants: ${named}${more}`);
}
