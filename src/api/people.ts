import type { AttemptSweep } from "../control/login-attempts.ts";
import type { Passwords } from "../control/passwords.ts";
import { checkPassword } from "../control/passwords.ts";
import { Secret } from "../lib/secret.ts";
import { parseUsername } from "../model/username.ts";
import { Problem } from "./errors.ts";

/** What knows people. */
export interface People {
  readonly passwords: Passwords;
  readonly attempts: AttemptSweep;
  /** The identity provider, where one is set. */
  readonly oidc: { readonly name: string } | undefined;
}

/** A user name that was given. Throws `invalid_request`. */
export function usernameOf(text: string): string {
  const username = parseUsername(text);
  if (username.ok) return username.value;
  throw new Problem("invalid_request", `username: ${username.error}`);
}

/** A password that is to be kept. Throws `invalid_request` for one that is too short. */
export function passwordText(text: string): Secret {
  const password = checkPassword(text);
  if (password.ok) return new Secret(password.value);
  throw new Problem("invalid_request", `password: it ${password.error}`);
}
