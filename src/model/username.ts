import { err, ok, type Result } from "../lib/result.ts";

/** Names as people type them, mail addresses too; what an audit line can hold and a path need not escape much. */
const FORM = /^[a-z0-9](?:[a-z0-9._@+-]{0,98}[a-z0-9])?$/;

/** The name that a user logs in with: compared without regard to case, so kept in lower case. */
export function parseUsername(text: string): Result<string> {
  const username = text.trim().toLowerCase();
  if (FORM.test(username)) return ok(username);
  return err(
    `"${text}" is no user name: at most 100 letters a-z, digits and . _ @ + -, a letter or digit first and last`,
  );
}
