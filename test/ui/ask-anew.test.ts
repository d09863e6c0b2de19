import assert from "node:assert/strict";
import { test } from "node:test";

import { QueryObserver } from "@tanstack/react-query";

import { ApiProblem } from "../../src/ui/calls/api-client.ts";
import { askAnew, queryClient } from "../../src/ui/calls/query-client.ts";

/** How often something that a page shows is asked for, when the core says that it changed. */
async function asksOf(status: number): Promise<number> {
  let asks = 0;
  const queryKey = ["t", "acme", "devices", status];
  const queryFn = (): Promise<string> => {
    asks += 1;
    const detail = "query: hostnme is no field";
    const body = { title: "Bad", status, code: "invalid_request", detail };
    return status === 200 ? Promise.resolve("devices") : Promise.reject(new ApiProblem(body));
  };
  const settled = Promise.withResolvers<void>();
  const options = { queryKey, queryFn, retry: false };
  const stop = new QueryObserver(queryClient, options).subscribe(({ status: now }) => {
    if (now !== "pending") settled.resolve();
  });
  await settled.promise;
  askAnew(["t", "acme"]);
  stop();
  queryClient.removeQueries({ queryKey });
  return asks;
}

test("a query that is wrong is not asked again when devices change", async () => {
  assert.equal(await asksOf(400), 1);
});

test("what was answered, and what failed for another reason, is asked again when devices change", async () => {
  assert.equal(await asksOf(200), 2);
  assert.equal(await asksOf(503), 2);
  assert.equal(await asksOf(404), 2);
});
