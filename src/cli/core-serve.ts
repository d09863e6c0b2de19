import { readDrift } from "../db/schema-shape.ts";
import { FIELD_EXPIRY_RUNS_DEFAULT } from "../dire/derivation.ts";
import { RULES_DIR_DEFAULT } from "../dire/enrichment-files.ts";
import { isoTime } from "../lib/clock.ts";
import { envInteger } from "../lib/env.ts";
import { EXIT } from "../lib/exit-code.ts";
import { parseListenAddress } from "../lib/listen-address.ts";
import { createLog } from "../lib/log.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { certificateFromFiles } from "../lib/server-certificate.ts";
import { VERSION } from "../lib/version.ts";
import { many, oneOf, optional, parsed, toggle, withDefault, type Argument } from "./args.ts";
import { advised } from "./core-busy.ts";
import { CORE_ROLES, type CoreContext } from "./core-context.ts";
import { socketPathOf } from "./core-link.ts";
import { GATEWAY_FLAGS, gatewayCertificate } from "./core-serve-gateway.ts";
import { WEB_FLAGS, webSettings } from "./core-serve-web.ts";
import { CORE_NAME } from "./core-session.ts";
import {
  LOG_LEVELS,
  logLevel,
  platformSettings,
  readUrlFromEnvironment,
  WHERE,
} from "./core-settings.ts";
import { stopOnSignals } from "./core-signal.ts";
import { command, type Command } from "./program.ts";
import { tableLines } from "./table.ts";
import { timeText } from "./wording.ts";

/** Bounds of SYNC_FIELD_EXPIRY_RUNS. */
const FIELD_EXPIRY_RUNS = { min: 1, max: 1_000, fallback: FIELD_EXPIRY_RUNS_DEFAULT };
const FORMATS = ["json", "pretty"] as const;

const compatSchema = optional(
  "SCHEMA",
  "schema of the views that bear the original's names (default: platform)",
);

/** serve, migrate. */
export const SERVER_COMMANDS: readonly Command<CoreContext>[] = [
  command({
    name: "serve",
    summary: "Run the core until it is stopped",
    flags: {
      ...WHERE,
      roles: parsed("ROLE,…", `what this process does (default: ${CORE_ROLES.join(",")})`, rolesOf),
      grpcListen: listenAddress("where agents reach the gateway", "0.0.0.0:50052"),
      gatewayName: many("NAME", "name or address that agents dial, for the gateway's certificate"),
      ...GATEWAY_FLAGS,
      httpListen: listenAddress("where the API is", "127.0.0.1:8080"),
      enrollListen: parsed(
        "HOST:PORT",
        "where agents get their first certificate, by HTTPS (default: nowhere)",
        listenText,
      ),
      metricsListen: parsed(
        "HOST:PORT",
        "where /metrics of all tenants is, without a password (default: nowhere)",
        listenText,
      ),
      ...WEB_FLAGS,
      firstTenant: withDefault("SLUG", "tenant that a first start makes", "default"),
      compatSchema,
      enrichmentRulesDir: optional(
        "DIR",
        `your own enrichment rules; also DEVICE_ENRICHMENT_RULES_DIR (default: ${RULES_DIR_DEFAULT})`,
      ),
      readDatabaseUrl: optional(
        "URL",
        "a streaming replica of --database-url, which lists are read from; also READ_DATABASE_URL, or READ_DATABASE_URL_FILE",
      ),
      logLevel: oneOf(LOG_LEVELS, "what is logged (default: info)"),
      logFormat: oneOf(FORMATS, "how (default: pretty on a terminal, else json)"),
    },
    run: async (
      { roles, grpcListen, httpListen, enrollListen, metricsListen, gatewayName, ...values },
      context,
    ) => {
      const { env, logFormat: given } = context;
      const settings = platformSettings(values, env);
      const format = values.logFormat ?? given;
      const level = values.logLevel ?? logLevel(env, "info");
      const options = { component: "core", level };
      const log = format === undefined ? createLog(options) : createLog({ ...options, format });
      const [web, gateway] = [webSettings(values), gatewayCertificate(values)];
      // Nothing is begun for files that cannot be used.
      for (const files of [web.tls, gateway]) {
        if (typeof files === "object") await certificateFromFiles(files);
      }
      const stopping = stopOnSignals();
      try {
        return await context.serve(
          {
            ...settings,
            compatSchema: values.compatSchema,
            readDatabaseUrl: values.readDatabaseUrl ?? readUrlFromEnvironment(env),
            roles: roles ?? CORE_ROLES,
            grpcListen,
            httpListen,
            web,
            enrollListen,
            metricsListen,
            gatewayNames: gatewayName,
            gatewayCertificate: gateway,
            firstTenant: values.firstTenant,
            rulesDir:
              values.enrichmentRulesDir ??
              (env["DEVICE_ENRICHMENT_RULES_DIR"]?.trim() || undefined),
            fieldExpiryRuns: envInteger(env, "SYNC_FIELD_EXPIRY_RUNS", FIELD_EXPIRY_RUNS),
            socketPath: socketPathOf(settings.dataDir),
          },
          { env, log, signal: stopping.signal, print: context.print },
        );
      } catch (thrown) {
        throw advised(thrown, "stop it, or name another --data-dir");
      } finally {
        stopping.release();
      }
    },
  }),
  command({
    name: "migrate",
    summary: "Bring the database's schema to this release; a start of the core does the same",
    flags: { ...WHERE, compatSchema, json: toggle("print JSON") },
    run: async ({ compatSchema: schema, json, ...values }, context) => {
      const { env, clock } = context;
      const log = createLog({ component: "core", level: logLevel(env, "error") });
      const settings = { ...platformSettings(values, env), compatSchema: schema };
      const { openForCommand } = await import("./core-in-process.ts");
      await using platform = await openForCommand(settings, { log, clock });
      const db = platform.db.across("schema");
      const { rows } = await db.query<{ name: string; applied_at: number }>(
        "select name, applied_at from sync.migrations order by id",
      );
      const { gone, added } = await readDrift(db);
      const steps = rows.map((row) => ({ name: row.name, applied_at: isoTime(row.applied_at) }));
      const lines = json
        ? [JSON.stringify({ migrations: steps, drift: { gone, added } }, undefined, 2)]
        : [
            `The schema is that of ${CORE_NAME} ${VERSION}.`,
            ...tableLines(
              [
                { title: "STEP", text: (step) => step.name },
                { title: "APPLIED", text: (step) => timeText(step.applied_at) },
              ],
              steps,
            ),
            ...gone.map((line) => `Changed by hand, gone: ${line}`),
            ...added.map((line) => `Changed by hand, new: ${line}`),
          ];
      for (const line of lines) context.print(line);
      return EXIT.ok;
    },
  }),
];

/** Checked before anything is started. */
function listenAddress(summary: string, fallback: string): Argument<string> {
  const text = withDefault("HOST:PORT", summary, fallback);
  const read = (given: readonly string[]): Result<string> => {
    const address = text.read(given);
    if (!address.ok) return address;
    const parsedAddress = parseListenAddress(address.value);
    return parsedAddress.ok ? address : parsedAddress;
  };
  return { ...text, read };
}

function listenText(text: string): Result<string> {
  const address = parseListenAddress(text);
  return address.ok ? ok(text) : address;
}

function rolesOf(text: string): Result<ReadonlyRoles> {
  const words = text.split(",").map((word) => word.trim());
  const roles = CORE_ROLES.filter((role) => words.includes(role));
  const unknown = words.find((word) => !roles.some((role) => role === word));
  if (unknown === undefined && roles.length > 0) return ok(roles);
  return err(`holds "${unknown ?? ""}", which is none of ${CORE_ROLES.join(", ")}`);
}

type ReadonlyRoles = readonly (typeof CORE_ROLES)[number][];
