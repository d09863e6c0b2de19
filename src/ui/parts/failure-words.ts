/** What went wrong, and what helps, in words for who looks at the page. Pure. */
import { ApiProblem } from "../calls/api-client.ts";

/** What the page says of an act that failed. */
export interface FailureTold {
  readonly what: string;
  /** What to do about it; undefined where the core's own words say so. */
  readonly helps: string | undefined;
}

/** What went wrong, in one sentence or two, in the core's own words. */
export function problemWords(error: unknown): string {
  if (!(error instanceof ApiProblem)) {
    return sentence(error instanceof Error ? error.message : String(error));
  }
  const id = error.requestId === undefined ? "" : ` (Log: ${error.requestId})`;
  return `${sentence(error.message)}${id}`;
}

/** Status 0: nothing answered. The core may have heard the request all the same, so that it is not called undone. */
const UNANSWERED: FailureTold = {
  what: "The core does not answer, so it is not known whether this was done.",
  helps: "Look at what stands once it answers, then try again.",
};

/** 412 in the core's own words is for programs, which carry tags. */
const CHANGED_MEANWHILE: FailureTold = {
  what: "Somebody else changed this meanwhile, so nothing was saved.",
  helps: "Look at what stands now, then save again.",
};

const HELPS_BY_CODE: Readonly<Record<string, string>> = {
  foreign_answer: "Something between this page and the core answered. Try again in some seconds.",
  csrf: "Load the page anew, then do it again.",
  role_too_low: "An administrator of the tenant gives roles, under Users.",
  platform_only: "Ask whoever administers this core.",
  wrong_credentials: "Check both; whoever administers this core can give you a one-time link.",
  agent_not_online: "Start the agent; its line under Agents says why it is away.",
  agent_exists: "To give it a new certificate, enrol it again.",
  user_not_found: "Whoever administers this core makes users.",
};

const HELPS_BY_STATUS: Readonly<Record<number, string>> = {
  401: "Log in again, then do it again.",
  404: "It is gone meanwhile; look at what there is now.",
  429: "Wait a little, then try again.",
  500: "Try again; if it fails again, whoever administers this core finds the reason in its log.",
  503: "That passes by itself. Try again in some seconds.",
};

/** What is told where an act failed. */
export function failureTold(error: unknown): FailureTold {
  if (!(error instanceof ApiProblem)) return { what: problemWords(error), helps: undefined };
  if (error.status === 0) return UNANSWERED;
  if (error.status === 412) return CHANGED_MEANWHILE;
  const [, ...others] = error.errors;
  // The first is what the core says in one sentence.
  const also = others.map(({ path, message }) => ` ${sentence(`${path}: ${message}`)}`).join("");
  return {
    what: `${problemWords(error)}${also}`,
    helps: HELPS_BY_CODE[error.code] ?? HELPS_BY_STATUS[error.status],
  };
}

/** A word that may begin a sentence: one of a request's members keeps its own letters. */
const PLAIN_WORD = /^[a-z]+(?= )/;

/** "source "x" is disabled; enable it first" as it is read on a page: from an upper case letter to a full stop. */
function sentence(text: string): string {
  const begun = PLAIN_WORD.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…)]$/.test(begun) ? begun : `${begun}.`;
}
