import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiProblem } from "../../src/ui/calls/api-client.ts";
import { failureTold, problemWords } from "../../src/ui/parts/failure-words.ts";

type Answer = ConstructorParameters<typeof ApiProblem>[0];

const problem = (
  status: number,
  code: string,
  more: string | Omit<Answer, "status" | "code">,
): ApiProblem =>
  new ApiProblem({ status, code, ...(typeof more === "string" ? { detail: more } : more) });

test("the core's words are read as sentences, but for members of a request", () => {
  const disabled = problem(409, "source_disabled", 'source "dc1" is disabled; enable it first');
  assert.equal(problemWords(disabled), 'Source "dc1" is disabled; enable it first.');
  const wrong = problem(400, "invalid_request", "poll_interval: not a duration");
  assert.equal(problemWords(wrong), "poll_interval: not a duration.");
  assert.equal(problemWords(new Error("Give api_token too.")), "Give api_token too.");
});

test("an act that nothing answered is not called undone, since the core may have heard it", () => {
  const { what, helps } = failureTold(problem(0, "unreachable", "The page tries again by itself."));
  assert.match(what, /not known whether this was done/);
  assert.match(helps ?? "", /Look at what stands once it answers, then try again/);
});

test("what helps goes by the code, else by the status, else the core's own words say it", () => {
  const helps = (...of: Parameters<typeof problem>): string | undefined =>
    failureTold(problem(...of)).helps;
  assert.match(helps(403, "role_too_low", "you have the role viewer") ?? "", /under Users/);
  assert.match(helps(409, "agent_not_online", "agent is stopped") ?? "", /Start the agent/);
  assert.match(helps(404, "run_not_found", "there is no run 7") ?? "", /gone meanwhile/);
  assert.match(helps(503, "db_away", "the database is away") ?? "", /Try again/);
  assert.equal(helps(409, "source_disabled", "enable it first"), undefined);
  assert.doesNotMatch(helps(401, "wrong_credentials", "wrong") ?? "", /Log in again/);
});

test("every member that is wrong is told, and the log's number where only that explains", () => {
  const errors = ["name", "endpoint"].map((path) => ({ path, message: "is missing" }));
  const wrong = problem(400, "invalid_request", { detail: "name: is missing", errors });
  assert.equal(failureTold(wrong).what, "name: is missing. endpoint: is missing.");
  const broken = problem(500, "internal", { detail: "the request failed", request_id: "7f" });
  assert.equal(failureTold(broken).what, "The request failed. (Log: 7f)");
});
