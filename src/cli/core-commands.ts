/** serviceradar-core's commands. All but `serve`, `migrate` and `version` are requests to the REST API. */
import { EXIT } from "../lib/exit-code.ts";
import { VERSION } from "../lib/version.ts";
import { aboutCommands } from "./about.ts";
import { CORE_ABOUT } from "./core-about.ts";
import { AGENT_COMMANDS } from "./core-agent.ts";
import { ASSERTION_COMMANDS } from "./core-assertions.ts";
import { AUDIT_COMMANDS } from "./core-audit.ts";
import { AUTHORITY_COMMANDS } from "./core-authority.ts";
import { OutputClosed, processContext, type CoreContext, type Serve } from "./core-context.ts";
import { DEVICE_ACT_COMMANDS } from "./core-device-acts.ts";
import { DEVICE_EXPORT_COMMANDS } from "./core-device-export.ts";
import { DEVICE_GROUP_COMMANDS } from "./core-device-groups.ts";
import { DEVICE_COMMANDS } from "./core-devices.ts";
import { EXPLAIN_COMMANDS } from "./core-explain.ts";
import { HEALTH_COMMANDS } from "./core-health.ts";
import { HELD_COMMANDS } from "./core-held.ts";
import { BUNDLE_COMMANDS } from "./core-import.ts";
import { INBOX_COMMANDS } from "./core-inbox.ts";
import { INGEST_COMMANDS } from "./core-ingest.ts";
import { MEMBER_COMMANDS } from "./core-member.ts";
import { MIGRATE_SYNC_COMMANDS } from "./core-migrate-sync.ts";
import { OVERVIEW_COMMANDS } from "./core-overview.ts";
import { PLATFORM_COMMANDS } from "./core-platform.ts";
import { QUALITY_COMMANDS } from "./core-quality.ts";
import { QUARANTINE_COMMANDS } from "./core-quarantine.ts";
import { REDERIVE_COMMANDS } from "./core-rederive.ts";
import { REHEARSAL_COMMANDS } from "./core-rehearsal.ts";
import { REPLAY_COMMANDS } from "./core-replay.ts";
import { RETENTION_COMMANDS } from "./core-retention.ts";
import { RETRACTION_COMMANDS } from "./core-retractions.ts";
import { RULE_COMMANDS } from "./core-rules.ts";
import { RUN_CHANGE_COMMANDS } from "./core-run-changes.ts";
import { RUN_UNDO_COMMANDS } from "./core-run-undo.ts";
import { RUN_COMMANDS } from "./core-runs.ts";
import { SERVER_COMMANDS } from "./core-serve.ts";
import { CORE_NAME } from "./core-session.ts";
import { SOURCE_ACTION_COMMANDS } from "./core-source-commands.ts";
import { SOURCE_COMMANDS } from "./core-source.ts";
import { TAG_CHANGE_COMMANDS } from "./core-tag-changes.ts";
import { TAG_COMMANDS } from "./core-tags.ts";
import { TENANT_COMMANDS } from "./core-tenant.ts";
import { TOKEN_COMMANDS } from "./core-token.ts";
import { TUNE_COMMANDS } from "./core-tune.ts";
import { USER_COMMANDS } from "./core-user.ts";
import { invocation } from "./invocation.ts";
import { runProgram, type Program } from "./program.ts";

/** The core's executable, but for how it is called here. */
export const CORE_PROGRAM: Omit<Program<CoreContext>, "call"> = {
  ...CORE_ABOUT,
  version: VERSION,
  commands: [
    ...SERVER_COMMANDS,
    ...HEALTH_COMMANDS,
    ...aboutCommands<CoreContext>(CORE_ABOUT),
    ...TENANT_COMMANDS,
    ...OVERVIEW_COMMANDS,
    ...PLATFORM_COMMANDS,
    ...AUDIT_COMMANDS,
    ...AUTHORITY_COMMANDS,
    ...AGENT_COMMANDS,
    ...SOURCE_COMMANDS,
    ...SOURCE_ACTION_COMMANDS,
    ...MIGRATE_SYNC_COMMANDS,
    ...INGEST_COMMANDS,
    ...BUNDLE_COMMANDS,
    ...RUN_COMMANDS,
    ...RUN_CHANGE_COMMANDS,
    ...RUN_UNDO_COMMANDS,
    ...RETENTION_COMMANDS,
    ...RETRACTION_COMMANDS,
    ...DEVICE_COMMANDS,
    ...DEVICE_GROUP_COMMANDS,
    ...DEVICE_EXPORT_COMMANDS,
    ...DEVICE_ACT_COMMANDS,
    ...TAG_COMMANDS,
    ...TAG_CHANGE_COMMANDS,
    ...ASSERTION_COMMANDS,
    ...EXPLAIN_COMMANDS,
    ...QUARANTINE_COMMANDS,
    ...RULE_COMMANDS,
    ...REHEARSAL_COMMANDS,
    ...HELD_COMMANDS,
    ...REDERIVE_COMMANDS,
    ...QUALITY_COMMANDS,
    ...REPLAY_COMMANDS,
    ...TOKEN_COMMANDS,
    ...USER_COMMANDS,
    ...MEMBER_COMMANDS,
    ...INBOX_COMMANDS,
    ...TUNE_COMMANDS,
  ],
};

/** Runs a command line (without the runtime and the script) and gives the exit code. `context` stands in for the process in tests. */
export async function runCoreCommand(
  argv: readonly string[],
  { serve }: { readonly serve: Serve },
  context: CoreContext = processContext(serve),
): Promise<number> {
  const call = invocation(CORE_NAME, context.env);
  return await runProgram({ ...CORE_PROGRAM, call }, argv, context).catch((thrown: unknown) => {
    if (thrown instanceof OutputClosed) return EXIT.ok;
    throw thrown;
  });
}
